import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parts, type Part } from 'gvent/monkey'
import { root } from './pages.js'

const page = await readFile(join(root, 'docs', 'patching.md'), 'utf8')

/** The rows of a part in the table of what can be waited for; its names stand in the first. */
function waitsOf({ by, gevent, cooperative }: Part): string[][] {
  const names = [gevent.startsWith('patch_') ? `\`${gevent}\`` : gevent, `\`${by}\``]
  return cooperative.map(({ what, gives, givingUp }, index) => [
    ...(index === 0 ? names : ['', '']),
    codeOf(what),
    gives,
    givingUp,
  ])
}

/** What is called is code, and what is not is not: `net.connect()`, but "every native promise". */
function codeOf(what: string): string {
  return what
    .split(', ')
    .map((part) => (/[().]/.test(part) ? `\`${part}\`` : part))
    .join(', ')
}

/** The cells of the table with these titles, without the titles. */
function rowsBelow(...titles: string[]): string[][] {
  const tables = Array.from(page.matchAll(/(?:^\|.*\n)+/gm), ([table]) =>
    table
      .trim()
      .split('\n')
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
  )
  const found = tables.find(([first]) => first!.join() === titles.join())
  assert.ok(found)
  return found.slice(2)
}

test('the page on patching says of each wait what the patcher goes by', () => {
  const rows = rowsBelow('gevent', 'gvent', 'you wait for', 'result', 'if cancelled')
  assert.deepEqual(rows, parts.flatMap(waitsOf))
})

test('it says of each part what it cannot', () => {
  assert.deepEqual(
    rowsBelow('option', 'what stays as it was'),
    parts.map(({ name, cannot }) => [`\`${name}\``, cannot]),
  )
})
