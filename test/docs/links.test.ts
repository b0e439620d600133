import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { headingsOf, readPages, root, withoutCode } from './pages.js'

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>()
  for (const { title } of headingsOf(text)) {
    const slug = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation} -]/gu, '')
      .replace(/ /g, '-')
    let anchor = slug
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`
    anchors.add(anchor)
  }
  return anchors
}

const pages = await readPages()
const anchors = new Map(pages.map(({ path, text }) => [path, anchorsOf(text)]))

for (const { path, text } of pages) {
  test(`the links of ${path} lead somewhere`, () => {
    const dead: string[] = []
    for (const [, target] of withoutCode(text).matchAll(/\]\(([^()\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue
      const [file, anchor] = target!.split('#') as [string, string?]
      const linked = file === '' ? path : normalize(join(dirname(path), decodeURI(file)))
      if (!existsSync(join(root, linked))) dead.push(target!)
      else if (anchor !== undefined && anchors.get(linked)?.has(decodeURIComponent(anchor)) !== true) dead.push(target!)
    }
    assert.deepEqual(dead, [])
  })
}

test('every chapter is in the table of contents', () => {
  const contents = pages.find(({ path }) => path === join('docs', 'guide.md'))!
  const chapters = pages
    .map(({ path }) => path)
    .filter((path) => dirname(path) === 'docs' && path !== contents.path)
    .map((path) => path.slice('docs/'.length))
  assert.deepEqual(
    chapters.filter((chapter) => !contents.text.includes(`](${chapter})`)),
    [],
  )
})
