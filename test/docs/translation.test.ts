import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { blocksOf, headingsOf, root } from './pages.js'

const pages = await Promise.all(
  [
    { name: 'README', folder: '' },
    { name: 'tutorial', folder: 'docs' },
  ].map(async ({ name, folder }) => ({
    name,
    original: await readFile(join(root, folder, `${name}.md`), 'utf8'),
    translation: await readFile(join(root, folder, `${name}.zh-CN.md`), 'utf8'),
  })),
)

/** A link to the page in the other language stands at the top of each. */
function linksOf(text: string, name: string): string[] {
  const links = Array.from(text.matchAll(/\]\(([^()\s]+)\)/g), ([, link]) => link!)
  return links.filter((link) => !link.startsWith(name) && !link.startsWith('#'))
}

function rowsOf(text: string): number[] {
  return Array.from(text.matchAll(/(?:^\|.*\n)+/gm), ([table]) => table.split('\n').length)
}

for (const { name, original, translation } of pages) {
  test(`the Chinese ${name} has the sections of the English one`, () => {
    assert.deepEqual(
      headingsOf(translation).map(({ level }) => level),
      headingsOf(original).map(({ level }) => level),
    )
  })

  test(`the Chinese ${name} has the code of the English one`, () => {
    assert.deepEqual(blocksOf(translation), blocksOf(original))
  })

  test(`the Chinese ${name} has the links and the tables of the English one`, () => {
    assert.deepEqual(linksOf(translation, name), linksOf(original, name))
    assert.deepEqual(rowsOf(translation), rowsOf(original))
  })
}

test('the figures of the Chinese README are those of the English one', () => {
  const { original, translation } = pages[0]!
  const figuresOf = (text: string): string[] =>
    Array.from(text.matchAll(/^\|.*\|$/gm), ([row]) => row)
      .filter((row) => /\d (?:ns|µs|B)\b/.test(row))
      .map((row) => (row.match(/\d[\d,.–]*/g) ?? []).join(' '))
  assert.ok(figuresOf(original).length > 5)
  assert.deepEqual(figuresOf(translation), figuresOf(original))
})
