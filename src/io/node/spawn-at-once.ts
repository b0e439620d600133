import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { constants } from 'node:os'
import { loadBuiltin } from './load-builtin.js'

type Start = (this: ChildProcess, options: Prepared) => number | undefined

/** The options that Node has filled in: a handle for each pipe. */
interface Prepared {
  stdio?: readonly { readonly handle?: { close?: () => void } }[]
}

/** Where Deno says why the system did not start a process; so does Node, since release 24. */
const FAILURES = 'tracing:child_process.spawn:error'

/** A process that was started, or the number of the error of the system; `undefined` where Node does not tell. */
export type Started = { readonly child: ChildProcess } | { readonly errno: number | undefined }

/**
 * Starts a process, and says at once whether the system did.
 *
 * Node knows that at once, but tells in an event later. It passes through the method that is replaced here for the moment
 * of the call, which gives the number of the error; Deno publishes the error on a channel, and Bun has it in what it puts off to
 * the next tick. A runtime that does none of this gives a process without a number, and an error without one.
 * @internal
 */
export function spawnAtOnce(args: readonly string[], options: SpawnOptions): Started {
  // Loaded when it is needed: most programs start none.
  const { ChildProcess, spawn } = loadBuiltin('node:child_process') as typeof import('node:child_process')
  const prototype = ChildProcess.prototype as unknown as { spawn: Start }
  const { spawn: start } = prototype
  let errno: number | undefined
  let prepared: Prepared = {}
  prototype.spawn = function (this: ChildProcess, given) {
    prepared = given
    const result = start.call(this, given)
    errno ??= result
    return result
  }
  const fail = (message: unknown): void => {
    errno = errnoOf((message as { error: NodeJS.ErrnoException }).error)
  }
  subscribe(FAILURES, fail)
  const held = holdTicks()
  let child: ChildProcess
  try {
    child = spawn(args[0]!, args.slice(1), options)
    if (child.pid === undefined) {
      child.once('error', (error: NodeJS.ErrnoException) => (errno ??= errnoOf(error)))
      held?.run()
    }
  } finally {
    prototype.spawn = start
    unsubscribe(FAILURES, fail)
    held?.release()
  }
  // From now on it is raised when a signal cannot be sent, which is no error here: the process is gone.
  child.on('error', ignore)
  if (child.pid !== undefined) return { child }
  closePipes(child, prepared)
  return { errno }
}

/** Holds what Bun puts off to the next tick. */
function holdTicks(): { run(): void; release(): void } | undefined {
  if (process.versions['bun'] === undefined) return undefined
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is put back
  const { nextTick } = process
  let ticks: (() => void)[] = []
  process.nextTick = (callback: (...args: unknown[]) => void, ...args: unknown[]) => {
    ticks.push(() => {
      callback(...args)
    })
  }
  return {
    run() {
      const now = ticks
      ticks = []
      for (const tick of now) tick()
    },
    release() {
      process.nextTick = nextTick
      for (const tick of ticks) process.nextTick(tick)
    },
  }
}

function errnoOf({ code, errno }: NodeJS.ErrnoException): number | undefined {
  if (errno !== undefined) return errno
  const known: Record<string, number | undefined> = constants.errno
  const number = code === undefined ? undefined : known[code]
  return number === undefined ? undefined : -number
}

// When there are no descriptors left Node forgets the pipes, of which some may have been opened.
function closePipes(child: ChildProcess, { stdio = [] }: Prepared): void {
  const streams = child.stdio as ChildProcess['stdio'] | undefined
  for (const stream of streams ?? []) stream?.destroy()
  if (streams === undefined) for (const { handle } of stdio) handle?.close?.()
}

function ignore(): void {
  // What is worth knowing is known already.
}
