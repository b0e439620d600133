import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDERS = [
  'expressions/async-arrow-function',
  'expressions/async-function',
  'expressions/async-generator',
  'expressions/await',
  'statements/async-function',
  'statements/async-generator',
  'statements/for-await-of',
].map((folder) => join('test', 'language', folder))

/**
 * The tests of async functions in a checkout of test262, as paths in it: not those that ask for a syntax error, which
 * nothing here has a part in, and not modules.
 */
export function filesOf(checkout, words) {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(checkout, folder), { recursive: true })
      .filter((file) => file.endsWith('.js') && !file.includes('_FIXTURE'))
      .map((file) => join(folder, file)),
  )
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
    .filter((file) => {
      const { negative, flags } = detailsOf(readFileSync(join(checkout, file), 'utf8'))
      return !negative && !flags.includes('module') && !flags.includes('raw')
    })
    .sort()
}

/** What a test says about itself. */
export function detailsOf(source) {
  const front = /\/\*---([\s\S]*?)---\*\//.exec(source)?.[1] ?? ''
  const list = (name) => {
    const inline = new RegExp(`^${name}:\\s*\\[([^\\]]*)\\]`, 'm').exec(front)?.[1]
    if (inline !== undefined) return inline.split(',').map((word) => word.trim())
    const block = new RegExp(`^${name}:\\s*\\n((?:\\s*-\\s*.*\\n?)*)`, 'm').exec(front)?.[1] ?? ''
    return Array.from(block.matchAll(/-\s*(\S+)/g), (match) => match[1])
  }
  return { negative: /^negative:/m.test(front), flags: list('flags'), includes: list('includes') }
}
