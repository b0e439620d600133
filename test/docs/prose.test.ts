import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readPages, root, withoutCode } from './pages.js'

/*
 * The habits of prose that came back most, and that CONTRIBUTING rules out: a relative clause in place of a noun, and code that
 * hears or is told. The list is short, so that what it finds is wrong.
 */
const habits: readonly [pattern: RegExp, way: string][] = [
  [/\bwhoever\b/i, 'name the caller, the waiter, the reader'],
  [/\b(?:is|are|was|were|be|been) told\b/i, 'say what is called, passed or set'],
  [/\bthe ones? who\b/i, 'name it'],
]

/** A doc comment that begins with a relative clause: say what it does by a verb, or what it is by a noun. */
const clause = /\/\*\*\s*(?:\*\s*)?(?:What|Who|Whoever|Nobody|Those)\b/

/** The matches, with some text around. */
function placesOf(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(new RegExp(pattern, 'g')), ({ index, 0: found }) =>
    text.slice(Math.max(0, index - 30), index + found.length + 30).replace(/\s+/g, ' '),
  )
}

test('the pages have none of the habits of prose that CONTRIBUTING rules out', async () => {
  const found = (await readPages())
    // It quotes them; and the changelog of a release that is out stays as it was.
    .filter(({ path }) => path !== 'CONTRIBUTING.md' && path !== 'CHANGELOG.md')
    .flatMap(({ path, text }) =>
      habits.flatMap(([pattern, way]) =>
        placesOf(withoutCode(text), pattern).map((place) => `${path}, ${place}: ${way}`),
      ),
    )
  assert.deepEqual(found, [])
})

test('no doc comment begins with a relative clause', async () => {
  const files = (await readdir(join(root, 'src'), { recursive: true })).filter((file) => file.endsWith('.ts'))
  const found = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(root, 'src', file), 'utf8')
      return placesOf(text, clause).map((place) => `src/${file}, ${place}`)
    }),
  )
  assert.deepEqual(found.flat(), [])
})
