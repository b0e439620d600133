import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import {
  GreenletExit,
  ThreadPool,
  spawn,
  subprocess,
  waitSignal,
  withTimeout,
  type Coroutine,
  type Greenlet,
  type Operation,
  type WaitOptions,
} from 'gvent'
import { greenTest, turns } from '../green-test.js'
import { noChildren } from './processes.js'

/*
 * Every wait for a process, a signal or a thread, given up in every way: the right end for whoever waits, and nothing
 * left behind. What is right stands in the guide.
 */
const page = readFileSync(new URL('../../../../docs/processes.md', import.meta.url), 'utf8')
const table = page.slice(page.indexOf('## Failures of each wait'))
const rows = table
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))

const lasting = ['sleep', '1000']
const manyBytes = Buffer.alloc(3_000_000)

/** What waits, in a greenlet that has made what it waits for. */
const waits: Record<string, (options?: WaitOptions) => Coroutine<unknown>> = {
  run: (options) => wait(subprocess.run(lasting, options)),
  wait: (options) => wait(new subprocess.Popen(lasting).wait(options)),
  "kill('SIGCONT')": (options) => wait(new subprocess.Popen(lasting).kill('SIGCONT', options)),
  communicate: (options) => wait(new subprocess.Popen(lasting).communicate({ input: manyBytes, ...options })),
  'stdout.recv': (options) => wait(new subprocess.Popen(lasting).stdout!.recv(undefined, options)),
  'stdin.sendAll': (options) => wait(new subprocess.Popen(lasting).stdin!.sendAll(manyBytes, options)),
  waitSignal: (options) => wait(waitSignal('SIGHUP', options)),
  *'pool.apply'({ timeout } = {}) {
    const pool = new ThreadPool(1)
    try {
      return yield* withTimeout(
        timeout ?? null,
        pool.apply(() => {
          for (;;);
        }),
      )
    } finally {
      assert.equal(pool.stats().threads, 0)
    }
  },
}

function* wait<T>(operation: Operation<T>): Coroutine<T> {
  return yield* operation
}

/** Starts one, and lets it get deep into its wait. Its greenlet fails with how that ended, and takes its process along. */
function* waiting(name: string, options?: WaitOptions): Coroutine<Greenlet> {
  const waiter = spawn(function* () {
    const end = yield* attempt(() => waits[name]!(options))
    throw end === 'GreenletExit' ? new GreenletExit() : new Ended(end)
  })
  waiter.linkError(() => undefined)
  yield* turns()
  return waiter
}

/** How a wait ended. */
class Ended extends Error {}

function* attempt(work: () => Coroutine<unknown>): Coroutine<string> {
  try {
    return String(yield* work())
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}

function endOf({ error, value }: Greenlet): string {
  return error instanceof Ended ? error.message : ((error ?? value) as Error).name
}

const faults: ((name: string) => Coroutine<Greenlet>)[] = [
  function* kill(name) {
    const waiter = yield* waiting(name)
    waiter.kill()
    return waiter
  },
  function* timeout(name) {
    return yield* waiting(name, { timeout: 5 })
  },
  function* abort(name) {
    const controller = new AbortController()
    const waiter = yield* waiting(name, { signal: controller.signal })
    controller.abort('its reason')
    assert.deepEqual(getEventListeners(controller.signal, 'abort'), [])
    return waiter
  },
]

assert.equal(rows.length, Object.keys(waits).length)
for (const [, name, ...ends] of rows) {
  for (const [index, fault] of faults.entries()) {
    if (ends[index] === '—') continue
    greenTest(`${name}; ${fault.name}: ${ends[index]}`, function* () {
      const waiter = yield* fault(name!)
      yield* waiter.join()
      assert.equal(endOf(waiter), ends[index])
      yield* noChildren()
      assert.equal(process.listenerCount('SIGHUP'), 0)
    })
  }
}
