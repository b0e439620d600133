import { dumpOf } from './dump.js'
import { others } from './listed.js'
import { misuse } from '../checks/errors.js'
import { LoopExit } from '../checks/state-errors.js'
import { Greenlet } from '../greenlets/greenlet.js'
import type { OutsideWait } from '../kernel/hub.js'
import { thread } from '../kernel/thread.js'
import { describeCycles } from '../sync/lock-cycle.js'

const reported = new WeakSet<Greenlet>()

/**
 * To be called when nothing is left that could ever wake a greenlet: no timer, no I/O. Reports every greenlet that
 * waits, makes the program's exit status a failure, and raises `LoopExit` in whatever the script waits for, so that
 * the cleanup runs. (Go: "all goroutines are asleep", gevent: `LoopExit`.)
 * @returns whether it raised any, so that the script goes on.
 * @internal
 */
export function reportStuck(): boolean {
  const { hub } = thread
  const stuck = hub.greenlets().filter((greenlet) => !reported.has(greenlet) && !mayBeLeft(greenlet))
  const outside = Array.from(hub.outside)
  if (stuck.length === 0 && outside.length === 0) {
    if (others.areLostReported) reportOthers()
    return false
  }
  // A daemon may wake them.
  if (hub.timers.holdProgram?.()) return true
  for (const greenlet of stuck) reported.add(greenlet)
  hub.platform.report(reportOf(stuck, outside))
  hub.platform.markFailed()
  for (const wait of outside) raise(wait)
  return outside.length > 0
}

function mayBeLeft({ daemon, wait }: Greenlet): boolean {
  return daemon || wait?.operation.isDaemon?.() === true
}

function reportOf(stuck: Greenlet[], outside: OutsideWait[]): string {
  if (stuck.length === 0) {
    const waits = outside.map((wait) => wait.operation.describe()).join(', ')
    const calls = dumpOf([], others.list())
    return (
      `Deadlock: the script waits for ${waits}, but no greenlet, timer or I/O is left that could wake it.` +
      (calls === '' ? '' : `\n${calls}`)
    )
  }
  const greenlets = stuck.length === 1 ? 'a greenlet waits' : `${stuck.length} greenlets wait`
  const them = stuck.length === 1 ? 'it' : 'them'
  const headline = `Deadlock: ${greenlets}, but no timer or I/O is left that could wake ${them}.`
  return [headline, describeCycles(stuck), dumpOf(stuck, others.list())].filter((part) => part !== '').join('\n')
}

// A program may end while calls of async functions wait: that is no failure, so they are reported only on request.
function reportOthers(): void {
  const calls = dumpOf([], others.list())
  if (calls === '') return
  thread.hub.platform.report(`The program ends while async functions are waiting, and nothing can wake them.\n${calls}`)
}

// A greenlet that the script waits for gets the error where it is parked, and its cleanup runs; a bare operation is
// given up.
function raise(wait: OutsideWait): void {
  const what = wait.operation.describe()
  const error = misuse(
    new LoopExit(`${what} can never end: nothing is left that could wake it; see the report on stderr`),
  )
  const { operation, detail } = wait
  const target = operation instanceof Greenlet ? operation : detail instanceof Greenlet ? detail : undefined
  // Where it was made says nothing; where the greenlet is parked says all, and is added where it is raised.
  error.stack = `${error.name}: ${error.message}`
  // In a shield it would not be raised, and the next look would find the same.
  if (target?.state === 'waiting' && target.shields === 0) target.interrupt(error)
  else wait.abort(error)
}
