import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { parkedStack } from '../../scheduler/reports/parked-stack.js'

/** Where a greenlet stands and what it waits for, in words: `bank.ts:14 (from bank.ts:30) Lock "accounts".acquire`. */
export function placeOf(greenlet: Greenlet): string {
  if (greenlet.dead) return 'its end'
  const { wait } = greenlet
  if (wait === null) return 'a bare yield'
  return [linesOf(parkedStack(greenlet)), wait.operation.describe()].filter((part) => part !== '').join(' ')
}

/** The line of the innermost frame, and that of its caller, as far as they are known. */
function linesOf(stack: string): string {
  const [line = '', caller = ''] = stack.split('\n').map(lineOf)
  return line === '' || caller === '' ? line : `${line} (from ${caller})`
}

function lineOf(frame: string): string {
  const [, file, line] = /(?:^|[\s/\\(])([^\s/\\(]+):(\d+):\d+\)?$/.exec(frame) ?? []
  return file === undefined || line === undefined ? '' : `${file}:${line}`
}
