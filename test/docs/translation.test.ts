import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { blocksOf, headingsOf, root } from './pages.js'

const original = await readFile(join(root, 'README.md'), 'utf8')
const translation = await readFile(join(root, 'README.zh-CN.md'), 'utf8')

/** A link to the page in the other language stands at the top of each. */
function linksOf(text: string): string[] {
  const links = Array.from(text.matchAll(/\]\(([^()\s]+)\)/g), ([, link]) => link!)
  return links.filter((link) => !link.startsWith('README') && !link.startsWith('#'))
}

function rowsOf(text: string): number[] {
  return Array.from(text.matchAll(/(?:^\|.*\n)+/gm), ([table]) => table.split('\n').length)
}

test('the Chinese README has the sections of the English one', () => {
  assert.deepEqual(
    headingsOf(translation).map(({ level }) => level),
    headingsOf(original).map(({ level }) => level),
  )
})

test('the Chinese README has the code of the English one', () => {
  assert.deepEqual(blocksOf(translation), blocksOf(original))
})

test('the Chinese README has the links and the tables of the English one', () => {
  assert.deepEqual(linksOf(translation), linksOf(original))
  assert.deepEqual(rowsOf(translation), rowsOf(original))
})

test('the figures of the Chinese README are those of the English one', () => {
  const figuresOf = (text: string): string[] =>
    Array.from(text.matchAll(/^\|.*\|$/gm), ([row]) => row)
      .filter((row) => /\d (?:ns|µs|B)\b/.test(row))
      .map((row) => (row.match(/\d[\d,.–]*/g) ?? []).join(' '))
  assert.ok(figuresOf(original).length > 5)
  assert.deepEqual(figuresOf(translation), figuresOf(original))
})
