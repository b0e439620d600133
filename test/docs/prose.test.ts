import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readPages, root, withoutCode } from './pages.js'

/*
 * The habits of prose that came back most, and that CONTRIBUTING rules out: a relative clause in place of a noun, and code that
 * hears or is told. The lists are short, so that what they find is wrong.
 */
const habits: readonly [pattern: RegExp, way: string][] = [
  [/\bwhoever\b/i, 'name the caller, the waiter, the reader'],
  [/\b(?:is|are|was|were|be|been) told\b/i, 'say what is called, passed or set'],
  [/\bthe ones? who\b/i, 'name it'],
  [/\banew\b/i, 'again'],
  [/\ball the same\b/i, 'anyway, nevertheless'],
]

/** Habits of pages. */
const habitsOfPages: readonly [pattern: RegExp, way: string][] = [
  ...habits,
  [/\bnobody\b/i, 'name what is missing: no greenlet, no listener'],
  [/\bsomebody\b/i, 'name the greenlet, the client, the user'],
]

/** Habits of messages, which say what is wrong in the words of the user. */
const habitsOfMessages: readonly [pattern: RegExp, way: string][] = [
  ...habits,
  [/\bnobody\b/i, 'name what is missing'],
  [/\bis no [a-z]+(?:[;,.]|$)/i, 'is not a …'],
  [/\bwhat can never happen\b/i, 'say what waits, and that nothing can wake it'],
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
      habitsOfPages.flatMap(([pattern, way]) =>
        placesOf(withoutCode(text), pattern).map((place) => `${path}, ${place}: ${way}`),
      ),
    )
  assert.deepEqual(found, [])
})

test('no comment and no message of the code has them', async () => {
  const found = await findInSources((path, text) => [
    ...checkAll(path, commentsOf(text), habits),
    ...checkAll(path, messagesOf(text), habitsOfMessages),
  ])
  assert.deepEqual(found, [])
})

test('no doc comment begins with a relative clause', async () => {
  const found = await findInSources((path, text) => placesOf(text, clause).map((place) => `${path}, ${place}`))
  assert.deepEqual(found, [])
})

/** What `check` finds in the source files. */
async function findInSources(check: (path: string, text: string) => string[]): Promise<string[]> {
  const files = (await readdir(join(root, 'src'), { recursive: true })).filter((file) => file.endsWith('.ts'))
  const found = await Promise.all(
    files.map(async (file) => check(`src/${file}`, await readFile(join(root, 'src', file), 'utf8'))),
  )
  return found.flat()
}

function checkAll(path: string, texts: string[], patterns: typeof habits): string[] {
  return patterns.flatMap(([pattern, way]) =>
    texts.flatMap((text) => placesOf(text, pattern)).map((place) => `${path}, ${place}: ${way}`),
  )
}

/** The comments of a source file, each on one line. */
function commentsOf(source: string): string[] {
  return Array.from(source.matchAll(/\/\*[^]*?\*\/|(?:^|\s)\/\/ .*(?:\n\s*\/\/ .*)*/g), ([comment]) =>
    comment.replace(/\s*\n\s*(?:\*|\/\/)? ?/g, ' '),
  )
}

/** The texts between quotes that have several words in them. */
function messagesOf(source: string): string[] {
  const code = source.replace(/\/\*[^]*?\*\/|(?:^|\s)\/\/ .*/gm, '')
  return Array.from(code.matchAll(/'([^'\n]*)'|`([^`]*)`/g), ([, single, template]) => single ?? template ?? '').filter(
    (text) => / \w+ /.test(text),
  )
}
