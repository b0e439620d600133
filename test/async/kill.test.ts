import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  Event,
  GreenletExit,
  KilledError,
  Queue,
  Semaphore,
  Timeout,
  getHub,
  hub,
  joinAll,
  race,
  scope,
  shield,
  spawn,
  until,
  withTimeout,
} from 'gvent'
import { greenletOf } from 'gvent/async/runtime'
import { importLowered } from './import-lowered.js'

const programs = await importLowered<typeof import('./programs.js')>(new URL('programs.js', import.meta.url))
const { log } = programs

beforeEach(() => {
  log.length = 0
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Kills the call behind a promise once it has got to its `await`, and a line was logged.
 * @returns what the caller sees, as text.
 */
async function kill(promise: Promise<unknown>, line?: string): Promise<string> {
  const seen = promise.then(
    (value) => `value ${JSON.stringify(value)}`,
    (error: unknown) => (error as Error).name,
  )
  do await turn()
  while (line !== undefined && !log.includes(line))
  log.push('kill')
  const greenlet = greenletOf(promise)
  assert.ok(greenlet)
  await greenlet.kill()
  log.push('ended')
  return seen
}

const clean = (id: number): string[] => [`leaf cleans up ${id}`, `leaf is clean ${id}`]

// What the log says from the kill on, for each program.
const table: [program: () => Promise<unknown>, log: string[]][] = [
  [programs.direct, [...clean(1), 'middle cleans up', 'middle is clean', 'direct cleans up']],
  [programs.returned, clean(1)],
  [programs.awaitsReturned, [...clean(1), 'outer cleans up']],
  [programs.stored, clean(1)],
  [programs.all, ['leaf cleans up 1', 'leaf cleans up 2', 'leaf is clean 1', 'leaf is clean 2', 'all cleans up']],
  [
    programs.settled,
    ['leaf cleans up 1', 'leaf cleans up 2', 'leaf is clean 1', 'leaf is clean 2', 'settled cleans up'],
  ],
  [programs.race, [...clean(1), 'race cleans up']],
  [programs.any, ['leaf cleans up 1', 'leaf cleans up 2', 'leaf is clean 1', 'leaf is clean 2']],
  [
    programs.nested,
    [
      ...[1, 2, 3].map((id) => `leaf cleans up ${id}`),
      ...[1, 2, 3].map((id) => `leaf is clean ${id}`),
      'middle cleans up',
      'middle is clean',
    ],
  ],
  [
    programs.mapped,
    [...[1, 2, 3].map((id) => `leaf cleans up ${id}`), ...[1, 2, 3].map((id) => `leaf is clean ${id}`)],
  ],
  [programs.chained, []],
  [programs.background, []],
  [programs.iterates, ['generator cleans up', 'generator is clean', 'iterates cleans up']],
  [programs.waitsInLoop, ['generator cleans up', 'generator is clean']],
]
for (const [program, expected] of table) {
  test(`a kill takes along what belongs to the call: ${program.name}`, async () => {
    assert.equal(await kill(program()), 'KilledError')
    assert.deepEqual(log.slice(log.indexOf('kill') + 1), [...expected, 'ended'])
  })
}

test('a kill that is swallowed goes on in the caller as a value does', async () => {
  assert.equal(await kill(programs.swallows()), 'value "went on"')
  assert.deepEqual(log, ['kill', 'swallowed GreenletExit', 'ended'])
})

test('an error of the cleanup takes the place of the kill', async () => {
  await assert.rejects(
    async () => {
      const promise = programs.failsInCleanup()
      await kill(promise)
      await promise
    },
    { message: 'cleanup failed' },
  )
})

test('a promise for which another compiled call waits is let go', async () => {
  const first = programs.cached('two', () => programs.leaf(1))
  const second = programs.cached('two', () => programs.leaf(2))
  assert.equal(await kill(first), 'KilledError')
  assert.deepEqual(log, ['leaf 1', 'kill', 'ended'])
  assert.equal(await kill(second), 'KilledError')
})

test('a promise for which another compiled call waits through a combinator is let go', async () => {
  const first = programs.cached('three', () => programs.leaf(1))
  const second = programs.combines('three', () => programs.leaf(2))
  assert.equal(await kill(first), 'KilledError')
  assert.deepEqual(log, ['leaf 1', 'kill', 'ended'])
  assert.equal(await kill(second), 'KilledError')
})

test('a call that awaits the same call of its own twice through a combinator takes it along', async () => {
  assert.equal(await kill(programs.allTwice()), 'KilledError')
  assert.deepEqual(log, ['leaf 1', 'kill', ...clean(1), 'ended'])
})

test('the last one that waits for a call of its own takes it along, also in the same turn as the others', async () => {
  const first = programs.cached('both', () => programs.leaf(1))
  const second = programs.cached('both', () => programs.leaf(2))
  const seen = Promise.allSettled([first, second])
  await turn()
  greenletOf(second)!.kill()
  greenletOf(first)!.kill()
  await seen
  assert.deepEqual(log, ['leaf 1', ...clean(1)])
})

test('a promise that was handed in is let go', async () => {
  const promise = programs.leaf(1)
  assert.equal(await kill(programs.given(promise)), 'KilledError')
  assert.deepEqual(log, ['leaf 1', 'kill', 'ended'])
  assert.notEqual(greenletOf(promise), undefined)
  await kill(promise)
})

test('the error that those see who await a killed call names it, and has the kill for its cause', async () => {
  const promise = programs.direct()
  await turn()
  greenletOf(promise)!.kill(new GreenletExit('too late'))
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof KilledError)
    assert.equal(error.message, 'async direct was killed: too late')
    assert.ok(error.cause instanceof GreenletExit)
    return true
  })
})

test('a second kill does not disturb the cleanup, and kill(error) fails with that', async () => {
  const promise = programs.direct()
  await turn()
  const greenlet = greenletOf(promise)!
  greenlet.kill()
  greenlet.kill()
  await assert.rejects(promise, KilledError)
  assert.deepEqual(log, ['leaf 1', ...clean(1), 'middle cleans up', 'middle is clean', 'direct cleans up'])
  const other = programs.direct()
  await turn()
  greenletOf(other)!.kill(new RangeError('no'))
  await assert.rejects(other, RangeError)
})

test('a greenlet of a call has name, state, value and end, and is the same for each who asks', async () => {
  const promise = programs.quick(3)
  const greenlet = greenletOf(promise)!
  assert.equal(greenlet, greenletOf(promise))
  assert.equal(greenlet.name, 'quick')
  assert.equal(greenlet.dead, false)
  assert.equal(await greenlet, 3)
  assert.equal(greenlet.value, 3)
  assert.equal(greenletOf(promise), undefined)
  assert.equal(greenletOf(Promise.resolve(1)), undefined)
  const failing = programs.fails()
  const failed = greenletOf(failing)!
  await assert.rejects(failing, { message: 'failed' })
  await failed.join()
  assert.equal((failed.error as Error).message, 'failed')
})

test('what has come already when a call is killed is not lost: the kill is raised at the next await', async () => {
  const promise = programs.twice(Promise.resolve('come'))
  greenletOf(promise)!.kill()
  await assert.rejects(promise, KilledError)
  assert.deepEqual(log, ['got come'])
})

test('a call that runs is killed at its next await', async () => {
  const event = new Event()
  const promise: Promise<unknown> = programs.calls(async () => {
    await event.wait()
    greenletOf(promise)!.kill()
  })
  await turn()
  event.set()
  assert.equal(
    await promise.then(
      () => 'value',
      (error: unknown) => (error as Error).name,
    ),
    'KilledError',
  )
})

test('the cleanup of a killed call has the store of the call, and not that of who kills it', async () => {
  const storage = new AsyncLocalStorage<string>()
  const promise = storage.run('the call', () => programs.storeIn(() => storage.getStore()))
  await turn()
  storage.run('the killer', () => {
    greenletOf(promise)!.kill()
  })
  await assert.rejects(promise, KilledError)
  assert.deepEqual(log, ['store the call'])
})

test('a call that awaits in spite of a kill is ended by force after the grace', async (t) => {
  const { grace } = getHub()
  const reports: string[] = []
  t.mock.method(hub.platform, 'report', (text: string) => reports.push(text))
  hub.grace = 20
  try {
    const promise = programs.insists()
    await turn()
    greenletOf(promise)!.kill()
    await assert.rejects(promise, KilledError)
    assert.deepEqual(log, ['insists'])
    assert.equal(reports.length, 1)
    assert.match(
      reports[0]!,
      /^async insists was killed 0\.02 s ago, caught the kill and is still waiting; it is ended by force/,
    )
    assert.match(reports[0]!, /at async insists \(.*programs/)
  } finally {
    hub.grace = grace
  }
})

test('an operation that a killed call awaits has not happened', async () => {
  const queue = new Queue<string>()
  assert.equal(await kill(programs.awaits(queue.get())), 'KilledError')
  queue.putNowait('item')
  assert.equal(queue.size, 1)
  const semaphore = new Semaphore(0)
  const promise = programs.awaits(semaphore.acquire())
  // Killed before the wait has begun.
  greenletOf(promise)!.kill()
  await assert.rejects(promise, KilledError)
  semaphore.release()
  assert.equal(semaphore.value, 1)
})

test('an operation that several calls await goes on for those that are left', async () => {
  const queue = new Queue<string>()
  const operation = queue.get()
  const calls = [1, 2, 3].map(() => programs.awaits(operation))
  await turn()
  assert.equal(await kill(calls[0]!), 'KilledError')
  assert.equal(await kill(calls[2]!), 'KilledError')
  queue.putNowait('first')
  queue.putNowait('second')
  assert.equal(await calls[1], 'first')
  assert.equal(queue.size, 1)
})

test('a greenlet that a killed call awaits goes on, and one that was made for it cleans up first', async () => {
  const event = new Event()
  const greenlet = spawn(function* () {
    yield* event.wait()
    return 'greenlet'
  })
  assert.equal(await kill(programs.awaits(greenlet)), 'KilledError')
  event.set()
  assert.equal(await greenlet, 'greenlet')
  log.length = 0
  assert.equal(
    await kill(
      programs.calls(() => withTimeout(100_000, programs.direct)),
      'leaf 1',
    ),
    'KilledError',
  )
  assert.deepEqual(log, [
    'leaf 1',
    'kill',
    ...clean(1),
    'middle cleans up',
    'middle is clean',
    'direct cleans up',
    'calls cleans up',
    'ended',
  ])
})

test('a shield holds a kill off until the next await', async () => {
  const event = new Event()
  const promise = programs.calls(() => shield(event.wait()))
  const seen = promise.then(
    (value) => `value ${String(value)}`,
    (error: unknown) => (error as Error).name,
  )
  await turn()
  greenletOf(promise)!.kill()
  await turn()
  assert.deepEqual(log, [])
  event.set()
  assert.match(await seen, /^value/)
})

test('spawn, withTimeout, scope, race and a pool take async functions, and have them cleaned up', async () => {
  const greenlet = spawn(programs.direct)
  await turn()
  assert.equal(await greenlet.kill(), true)
  assert.deepEqual(log, ['leaf 1', ...clean(1), 'middle cleans up', 'middle is clean', 'direct cleans up'])
  assert.ok(greenlet.successful)

  log.length = 0
  assert.equal(await withTimeout(1, programs.direct, { value: 'late' }), 'late')
  assert.equal(log.at(-1), 'direct cleans up')
  await assert.rejects(async () => withTimeout(1, programs.direct), Timeout)

  log.length = 0
  await assert.rejects(async () => scope((s) => programs.beside(s, programs.fails)), { message: 'failed' })
  assert.ok(log.includes('leaf is clean 1'))

  log.length = 0
  const winner = spawn(function* () {
    return yield* race([programs.direct(), programs.quick(4)])
  })
  assert.equal(await winner, 4)
  assert.equal(log.at(-1), 'direct cleans up')
})

test('a greenlet that is killed takes an async call along only if it made the call, and waits alone', async () => {
  const promise = programs.leaf(1)
  const first = spawn(() => until(promise))
  await turn()
  await first.kill()
  assert.deepEqual(log, ['leaf 1'])
  await kill(promise)
  log.length = 0
  const second = spawn(function* () {
    const shared = programs.leaf(2)
    const other = spawn(() => until(shared))
    yield
    yield* other.kill()
    yield* until(shared)
  })
  await turn()
  assert.equal(second.state, 'waiting')
  await second.kill()
  assert.deepEqual(log, ['leaf 2', ...clean(2)])
})

test('100 calls that are killed at once all clean up', async () => {
  const promises = Array.from({ length: 100 }, (_, id) => programs.leaf(id))
  await turn()
  log.length = 0
  const greenlets = promises.map((promise) => greenletOf(promise)!)
  for (const greenlet of greenlets) greenlet.kill()
  await joinAll(greenlets)
  assert.equal(log.filter((line) => line.startsWith('leaf is clean')).length, 100)
})

test('a killed call is no unhandled rejection, nor is what was derived from it; everything else is', async () => {
  const run = promisify(execFile)
  const program = fileURLToPath(new URL('rejections.js', import.meta.url))
  const { stdout } = await run(process.execPath, [program])
  assert.equal(stdout, 'killed\nunhandled failed\n')
  const child = execFile(process.execPath, [program, 'plain'])
  let errors = ''
  child.stderr!.on('data', (text: string) => (errors += text))
  const [code] = (await once(child, 'close')) as [number]
  assert.equal(code, 1)
  assert.match(errors, /Error: failed/)
})

test('a Timeout that an async function starts is raised at its await, after what it made', async () => {
  const timeout = new Timeout(5)
  await assert.rejects(programs.limits(timeout, programs.direct), (error) => error === timeout)
  assert.deepEqual(log.slice(-4), ['middle is clean', 'direct cleans up', 'raised Timeout', 'limits is clean'])
})

test('an outer Timeout passes through the limit of an inner async function', async () => {
  const [outer, inner] = [new Timeout(5), new Timeout(100_000)]
  const limited = programs.limitsTwice(outer, () => programs.limits(inner, programs.direct))
  await assert.rejects(limited, (error) => error === outer)
  assert.equal(inner.pending, false)
})

test('a Timeout whose async function is in time raises nothing', async () => {
  const timeout = new Timeout(100_000)
  assert.equal(await programs.limits(timeout, () => programs.quick(1)), 1)
  assert.equal(timeout.pending, false)
})

test('a Timeout outside of everything is still refused', () => {
  assert.throws(() => Timeout.start(1), { name: 'NotInGreenletError' })
})
