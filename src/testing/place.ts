import type { Greenlet } from '../scheduler/greenlet.js'
import { parkedStack } from '../scheduler/parked-stack.js'

/** Where a greenlet stands and what it waits for, in words: `bank.ts:14 Lock "accounts".acquire`. */
export function placeOf(greenlet: Greenlet): string {
  if (greenlet.dead) return 'its end'
  const { wait } = greenlet
  if (wait === null) return 'a bare yield'
  return [lineOf(parkedStack(greenlet)), wait.operation.describe()].filter((part) => part !== '').join(' ')
}

/** `bank.ts:14`: the file and line of the innermost frame, if it is known. */
function lineOf(stack: string): string {
  const [frame = ''] = stack.split('\n')
  const [, file, line] = /([^/\\(\s]+):(\d+):\d+\)?$/.exec(frame) ?? []
  return file === undefined || line === undefined ? '' : `${file}:${line}`
}
