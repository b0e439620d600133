import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { capabilities } from 'gvent/jobs'
import { root } from './pages.js'

const page = await readFile(join(root, 'docs', 'jobs.md'), 'utf8')

test('the table of what each engine can do is that of the code, and every no has its reason', () => {
  const [, head, body] = /^\| engine +\| (durable .*) \|\n\|[-| ]+\|\n((?:\|.*\n)+)/m.exec(page)!
  const names = head!.split('|').map((cell) => cell.trim())
  const found = body!
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    )
  const expected = Object.entries(capabilities).map(([engine, can]) => [
    engine,
    ...names.map((name) => (can[name as keyof typeof can] === true ? 'yes' : 'no')),
  ])
  assert.deepEqual(found, expected)
  for (const [engine, can] of Object.entries(capabilities)) {
    assert.deepEqual(Object.keys(can).sort(), [...names].sort())
    for (const [name, cell] of Object.entries(can)) {
      if (cell === true) continue
      const line = page
        .split('\n')
        .find((each) => each.startsWith(`- **${name}** of `) && each.endsWith(`: ${String(cell)}.`))
      assert.ok(line?.split(':')[0]?.includes(engine), `${engine}, ${name}: ${String(cell)}`)
    }
  }
})
