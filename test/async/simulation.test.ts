import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHub, sleep, spawn, until } from 'gvent'
import { SimulationFailure, cancelEverywhere, explore, simulate } from 'gvent/testing'
import { importLowered } from './import-lowered.js'

const bank = await importLowered<typeof import('./bank.js')>(new URL('bank.js', import.meta.url))

/** The failure of an exploration. */
async function failureOf(exploration: Promise<unknown>): Promise<SimulationFailure> {
  try {
    await exploration
  } catch (error) {
    assert.ok(error instanceof SimulationFailure, String(error))
    return error
  }
  assert.fail('it did not fail')
}

test('without a seed a simulation of async functions has the order of the engine', async () => {
  assert.equal(await simulate(() => bank.transfers()), 100)
})

test('async functions that wait for hours take no time on the virtual clock', async () => {
  await simulate({ globals: true }, function* () {
    const lines = yield* until(bank.hours(3))
    assert.deepEqual(lines, ['a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
    assert.equal(getHub().now(), 3 * 3_600_000)
  })
})

test('an exploration finds the order in which the transfers lose money, names the await, and repeats it', async () => {
  const program = async (): Promise<void> => {
    assert.equal(await bank.transfers(), 100)
  }
  const failure = await failureOf(explore(program, { schedules: 500 }))
  assert.equal(failure.kind, 'error')
  assert.match(failure.message, /Expected values to be strictly equal/)
  assert.match(failure.message, /bank\.js:\d+ await async (read|write)/)
  assert.match(failure.message, /run "transfer/)
  assert.match(failure.message, /in the order of the engine, .* none of \d+ schedules failed like this/)
  await assert.rejects(() => simulate({ replay: failure.token }, program), /100/)
})

test('a test that is a compiled async function itself finds the same, and repeats it', async () => {
  const program = async (): Promise<void> => {
    assert.equal(await bank.transfers(), 100)
  }
  const failure = await failureOf(bank.inAsyncFunction(() => explore(program, { schedules: 500 })))
  assert.equal(failure.kind, 'error')
  await assert.rejects(
    bank.inAsyncFunction(() => simulate({ replay: failure.token }, program)),
    /100/,
  )
  const inTime = await bank.inAsyncFunction(() => simulate({ globals: true }, () => bank.hours(3)))
  assert.deepEqual(inTime, ['a1', 'b1', 'a2', 'b2', 'a3', 'b3'])
})

test('the same seed gives the same order', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const first = await simulate({ seed }, () => bank.transfers())
    assert.equal(await simulate({ seed }, () => bank.transfers()), first)
  }
})

test('in native order no schedule loses what the engine cannot lose, and clocks are still free', async () => {
  const program = async (): Promise<void> => {
    assert.equal(await bank.transfers(), 100)
  }
  await explore(program, { awaits: 'native', schedules: 100 })
  const failure = await failureOf(
    explore(
      async () => {
        assert.equal(await bank.refreshes(), 2)
      },
      { awaits: 'native', globals: true, schedules: 100 },
    ),
  )
  assert.equal(failure.kind, 'error')
})

test('a failure of async functions says so if the order of the engine fails, too', async () => {
  const failure = await failureOf(
    explore(
      async () => {
        assert.equal(await bank.refreshes(), 2)
      },
      { globals: true, schedules: 100 },
    ),
  )
  assert.match(failure.message, /it also fails where async functions go on in the order of the engine/)
})

test('a kill at each await of each async function shows the lock that stays locked', async () => {
  const program = (work: 'careful' | 'careless') => async (): Promise<void> => {
    const mutex = new bank.Mutex()
    const greenlet = spawn(() => bank.alone(mutex, bank[work]))
    await greenlet.join()
    assert.equal(mutex.isLocked, false)
  }
  const { schedules } = await cancelEverywhere(program('careful'), { globals: true })
  assert.ok(schedules > 4)
  const failure = await failureOf(cancelEverywhere(program('careless'), { globals: true }))
  assert.match(failure.message, /kill "careless"|kill/)
})

test('async functions that wait for what can never happen are a deadlock, and those that are left a leak', async () => {
  const deadlock = await failureOf(simulate(() => bank.waitsForNothing()))
  assert.equal(deadlock.kind, 'deadlock')
  assert.match(deadlock.message, /<async careful awaits async lock, awaited by async waitsForNothing>/)
  const leak = await failureOf(simulate(() => bank.leavesBehind()))
  assert.equal(leak.kind, 'leak')
  assert.match(leak.message, /async waitsForNothing/)
})

test('a rejection that nobody handles ends the simulation with that error', async () => {
  await assert.rejects(() => simulate({ globals: true }, () => bank.loses()), { message: 'nobody looks' })
})

test('greenlets and async functions are explored together', async () => {
  const failure = await failureOf(
    explore(
      function* () {
        const account = new bank.Bank({ a: 100, b: 0 })
        const greenlet = spawn(function* () {
          yield* until(account.transfer('a', 'b', 30))
        })
        yield* sleep(0)
        yield* until(account.transfer('a', 'b', 50))
        yield* greenlet
        assert.equal(account.sum, 100)
      },
      { schedules: 500 },
    ),
  )
  assert.equal(failure.kind, 'error')
})
