import type { ChildProcess } from 'node:child_process'
import { EventWait, type EventOutcome } from '../green/event-wait.js'
import { loadBuiltin } from '../../node/load-builtin.js'
import { applyPart, type Part } from '../patch-part.js'

/** How a process ended: one of both is `null`. */
export interface ProcessEnd {
  /** The exit status, `null` when a signal ended it. */
  readonly code: number | null
  /** The signal that ended it, `null` if none did. */
  readonly signal: NodeJS.Signals | null
}

const childProcess = () => loadBuiltin('node:child_process') as typeof import('node:child_process')

/** A process has ended. */
const exited: EventOutcome<ChildProcess, ProcessEnd> = {
  describe: (child) => `the end of process ${child.pid ?? ''} ${child.spawnfile}`,
  peek: ({ exitCode: code, signalCode: signal }) => (code === null && signal === null ? undefined : { code, signal }),
  events: { exit: (_child, code: number | null, signal: NodeJS.Signals | null) => ({ code, signal }) },
  ignoresLateErrors: true,
  giveUp: (child) => void child.kill(),
  isExternal: true,
}

/** The part that {@link patchChildProcess} patches. */
export const childProcessPart: Part = {
  name: 'childProcess',
  by: 'patchChildProcess',
  gevent: 'patch_subprocess',
  cooperative: [
    {
      what: 'child_process.spawn(), fork(), exec(), execFile()',
      gives: '`{ code, signal }`, when the process has ended',
      givingUp: 'kills the process with `SIGTERM`',
    },
    {
      what: 'child.stdout.recv(), child.stdin.sendAll()',
      gives: 'as for `net`',
      givingUp: 'as for `net`',
    },
  ],
  cannot: '`execSync()` and its like block the thread; `promisify(exec)()` is a promise, which nothing stops',
  isLate: true,
  tables: [
    {
      name: 'child_process.ChildProcess.prototype',
      target: () => childProcess().ChildProcess.prototype,
      waits: (child: ChildProcess) => new EventWait(child, exited),
    },
  ],
  covers: [{ module: childProcess, names: ['spawn', 'fork', 'exec', 'execFile', 'ChildProcess'] }],
}

/**
 * Lets processes of `node:child_process` be waited for in a greenlet: `const { code } = yield* spawn('make')`. One that
 * could not be started raises Node's error.
 *
 * @returns whether anything changed: `false` if it was patched before.
 */
export function patchChildProcess(): boolean {
  return applyPart(childProcessPart)
}
