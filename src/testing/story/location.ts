import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { captureStack, formatStack, splitStack } from '../../scheduler/stacks/stack.js'
import type { Actor } from '../choices/actor.js'
import { parkedStack } from '../../scheduler/stacks/parked-stack.js'

/** Where a greenlet stands and what it waits for, in words: `bank.ts:14 (from bank.ts:30) Lock "accounts".acquire`. */
export function placeOf(actor: Actor): string {
  if (actor.dead) return 'its end'
  if (actor.describePlace !== undefined) return actor.describePlace()
  const { wait } = actor as Greenlet
  if (wait === null) return 'a bare yield'
  return [linesOf(parkedStack(actor as Greenlet)), wait.operation.describe()].filter((part) => part !== '').join(' ')
}

/** The line that is being executed, if it is one of the program's: `bank.ts:14`. */
export function currentLine(): string {
  return lineOf(formatStack(captureStack(currentLine)).split('\n')[0] ?? '')
}

/** The line that raised an error, if its stack says so. */
export function lineOfError(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined
  if (typeof stack !== 'string') return ''
  return lineOf(splitStack(stack, (error as Error).message).frames[0] ?? '')
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
