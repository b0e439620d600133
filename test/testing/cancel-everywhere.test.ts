import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GreenletExit, Queue, Semaphore, Timeout, joinAll, scope, sleep, spawn, type Coroutine } from 'gvent'
import { cancelEverywhere, simulate } from 'gvent/testing'
import { failureOf } from './failure-of.js'

test('a permit that is not released when its holder is killed is found, with the place', async () => {
  const program = function* (): Coroutine<void> {
    const slots = new Semaphore(1, { name: 'slots' })
    const job = function* (): Coroutine<void> {
      yield* slots.acquire()
      yield* sleep(10)
      slots.release()
    }
    yield* joinAll([spawn(job), spawn(job)])
    assert.equal(slots.value, 1)
  }
  const failure = await failureOf(cancelEverywhere(program))
  assert.equal(failure.kind, 'deadlock')
  assert.equal(failure.switches.length, 1)
  assert.match(failure.switches[0]!, /^after "job" at cancel-everywhere\.test\.[jt]s:\d+ .*: kill "job"$/)
  await assert.rejects(simulate({ replay: failure.token }, program), { kind: 'deadlock' })
})

test('a program that cleans up passes, whatever is killed or timed out', async () => {
  const { schedules } = await cancelEverywhere(function* () {
    const slots = new Semaphore(1)
    const job = function* (): Coroutine<void> {
      using _permit = yield* slots.acquire()
      yield* sleep(10)
    }
    yield* joinAll([spawn(job), spawn(job)])
    assert.equal(slots.value, 1)
  })
  assert.ok(schedules > 20, String(schedules))
})

test('every wait is struck, before and after it has its result, by a kill and by a timeout', async () => {
  const struck: string[] = []
  await cancelEverywhere(function* () {
    const queue = new Queue<number>()
    const take = spawn(function* () {
      try {
        return yield* queue.get()
      } catch (error) {
        struck.push(error instanceof Timeout ? 'timeout' : 'kill')
        throw error
      }
    })
    spawn(() => {
      queue.putNowait(1)
    })
    yield* take.join()
    yield* sleep(1)
    assert.equal(queue.size, take.successful && take.value === 1 ? 0 : 1)
  })
  assert.deepEqual(struck.sort(), ['kill', 'kill', 'timeout', 'timeout'])
})

test('it can be limited to kills or to timeouts', async () => {
  for (const by of ['kill', 'timeout'] as const) {
    const raised = new Set<unknown>()
    const options = { by }
    await cancelEverywhere(function* () {
      try {
        yield* sleep(1)
      } catch (error) {
        raised.add(Object.getPrototypeOf(error))
        throw error
      }
    }, options)
    assert.deepEqual(Array.from(raised), [by === 'kill' ? GreenletExit.prototype : Timeout.prototype])
  }
  await assert.rejects(
    cancelEverywhere(() => undefined, { by: 'magic' as never }),
    /"kill" or "timeout".* got "magic"/,
  )
})

test('an error that came of the timeout is no failure, another one is', async () => {
  await cancelEverywhere(function* () {
    yield* scope(function* (s) {
      s.spawn(() => sleep(1))
      try {
        yield* sleep(2)
      } catch (error) {
        throw new Error('the request failed', { cause: error })
      }
    })
  })
  const { kind, message } = await failureOf(
    cancelEverywhere(function* () {
      try {
        yield* sleep(1)
      } catch {
        throw new TypeError('undefined is not a function')
      }
    }),
  )
  assert.equal(kind, 'error')
  assert.match(message, /TypeError: undefined is not a function/)
})

test('what is spawned and forgotten leaks when its spawner is killed', async () => {
  const { kind } = await failureOf(
    cancelEverywhere(function* () {
      const jobs = new Queue<string>()
      spawn(function* worker() {
        while ((yield* jobs.get()) !== 'stop');
      })
      yield* sleep(10)
      jobs.putNowait('stop')
    }),
  )
  assert.equal(kind, 'leak')
})

test('check is called after every step', async () => {
  let open = 0
  const { kind } = await failureOf(
    cancelEverywhere(
      function* () {
        open = 0
        const use = function* (): Coroutine<void> {
          open++
          yield* sleep(1)
          open--
        }
        yield* spawn(use).join()
        yield* spawn(use).join()
      },
      { check: () => assert.ok(open < 2) },
    ),
  )
  assert.equal(kind, 'invariant')
})
