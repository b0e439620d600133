import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './pages.js'

/** Names of Node and of JavaScript in the second column. */
const foreign = new Set(['AsyncLocalStorage', 'for', 'fork', 'using', 'yield'])

test('every name of gvent in the table for users of gevent exists', async () => {
  const page = await readFile(join(root, 'docs', 'migrating-from-gevent.md'), 'utf8')
  const api = await readFile(join(root, 'docs', 'api.txt'), 'utf8')
  const names = Array.from(page.matchAll(/^\|[^|\n]*`[^|\n]*\|([^|\n]*)\|$/gm), ([, cell]) =>
    Array.from(cell!.matchAll(/`\*?(?:\w+\.)?(\w+)[^`]*`/g), ([, name]) => name!),
  )
    .flat()
    .filter((name) => !foreign.has(name) && !/^\d/.test(name) && !name.startsWith('GVENT_'))
  assert.ok(names.length > 60, String(names.length))
  const unknown = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(api))
  assert.deepEqual(unknown, [])
})
