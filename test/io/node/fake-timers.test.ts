import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { Timeout, getHub, joinAll, sleep, spawn, spawnLater, withTimeout, type Coroutine } from 'gvent'
import { startProgram } from '../program.js'

/** A clock that a test moves. */
interface FakeClock {
  tick(milliseconds: number): void
  restore(): void
}

type Kind = 'setTimeout' | 'Date' | 'performance'

/** What sinon, Jest and Vitest do: functions of their own in the place of the platform's. */
function replaceGlobals(kinds: readonly Kind[]): FakeClock {
  const { setTimeout, clearTimeout, Date, performance } = globalThis
  let time = 0
  let made = 0
  const timers = new Map<number, { due: number; callback: () => void }>()
  const replace = (name: string, value: unknown): void => {
    Object.defineProperty(globalThis, name, { configurable: true, writable: true, value })
  }
  if (kinds.includes('setTimeout')) {
    replace('setTimeout', (callback: () => void, milliseconds = 0) => {
      timers.set(++made, { due: time + Math.max(1, milliseconds), callback })
      return made
    })
    replace('clearTimeout', (id: number) => {
      assert.ok(id === undefined || typeof id === 'number', 'a fake knows nothing of real timers')
      timers.delete(id)
    })
  }
  if (kinds.includes('Date'))
    replace(
      'Date',
      class extends Date {
        static override now(): number {
          return time
        }
      },
    )
  if (kinds.includes('performance')) replace('performance', { now: () => time })
  return {
    tick(milliseconds) {
      const end = time + milliseconds
      for (;;) {
        const [first] = Array.from(timers).sort(([, a], [, b]) => a.due - b.due)
        if (first === undefined || first[1].due > end) break
        timers.delete(first[0])
        time = first[1].due
        first[1].callback()
      }
      time = end
    },
    restore() {
      for (const [name, value] of Object.entries({ setTimeout, clearTimeout, Date, performance })) replace(name, value)
    },
  }
}

function mockTimers(apis: ('setTimeout' | 'Date')[]): FakeClock {
  mock.timers.enable({ apis: apis })
  return {
    tick: (milliseconds) => mock.timers.tick(milliseconds),
    restore: () => mock.timers.reset(),
  }
}

// Node 20 came to know of a fake Date in the middle of its life.
const canMockDate = Number(process.versions.node.split('.')[0]) > 20

const clocks: Record<string, () => FakeClock> = {
  'all is fake': () => replaceGlobals(['setTimeout', 'Date', 'performance']),
  'setTimeout and Date are': () => replaceGlobals(['setTimeout', 'Date']),
  'setTimeout alone is': () => replaceGlobals(['setTimeout']),
  'node:test, setTimeout': () => mockTimers(['setTimeout']),
  ...(canMockDate && { 'node:test, setTimeout and Date': () => mockTimers(['setTimeout', 'Date']) }),
}

/** Lets the greenlets that are ready run. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function tickEach(clock: FakeClock, milliseconds: number, step: number): Promise<void> {
  for (let time = 0; time < milliseconds; time += step) {
    clock.tick(step)
    await quiet()
  }
}

for (const [name, install] of Object.entries(clocks)) {
  test(`fake timers drive the clock: ${name}`, async () => {
    const clock = install()
    try {
      const log: string[] = []
      const note = function* (text: string, milliseconds: number): Coroutine<void> {
        yield* sleep(milliseconds)
        log.push(text)
      }
      spawn(note, 'minute', 60_000)
      await quiet()
      clock.tick(59_999)
      await quiet()
      assert.deepEqual(log, [])
      clock.tick(2)
      await quiet()
      assert.deepEqual(log, ['minute'])

      // In order, though they began at different times.
      spawn(note, 'late', 100)
      await quiet()
      clock.tick(50)
      spawn(note, 'early', 40)
      await quiet()
      clock.tick(45)
      await quiet()
      assert.deepEqual(log, ['minute', 'early'])
      clock.tick(5)
      await quiet()
      assert.deepEqual(log, ['minute', 'early', 'late'])
    } finally {
      clock.restore()
    }
  })

  test(`all that has a limit goes by it: ${name}`, async () => {
    const clock = install()
    try {
      const began = getHub().now()
      const limited = spawn(() => withTimeout(1000, sleep(Infinity), { value: 'up' }))
      const raises = spawn(function* () {
        using timeout = Timeout.start(500)
        try {
          yield* sleep(10_000)
        } catch (error) {
          return error === timeout
        }
        return false
      })
      const later = spawnLater(700, () => 'later')
      const stopped = spawnLater(700, () => assert.fail('it was killed'))
      await quiet()
      stopped.kill()
      await tickEach(clock, 1000, 100)
      assert.deepEqual([limited.value, raises.value, later.value], ['up', true, 'later'])
      assert.ok(getHub().now() - began >= 1000)
      assert.equal(getHub().stats().timers, 0)
    } finally {
      clock.restore()
    }
  })

  test(`timers from before ring by themselves, and the clock goes on: ${name}`, async () => {
    const before = spawn(() => sleep(20))
    const stopped = spawn(() => sleep(60_000))
    await quiet()
    const start = getHub().now()
    const clock = install()
    const times = [start]
    try {
      spawn(() => sleep(5))
      await quiet()
      times.push(getHub().now())
      clock.tick(1000)
      times.push(getHub().now())
      await stopped.kill()
      await before
    } finally {
      clock.restore()
    }
    times.push(getHub().now())
    await sleep(1)
    times.push(getHub().now())
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
  })
}

test('where only the date is fake, greenlets go by the real clock', async () => {
  const clock = replaceGlobals(['Date'])
  try {
    assert.equal(
      await withTimeout(
        60_000,
        spawn(() => sleep(5)),
      ),
      undefined,
    )
  } finally {
    clock.restore()
  }
})

test('a setTimeout that only wraps the real one does no harm', async () => {
  const { setTimeout } = globalThis
  let calls = 0
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    calls++
    return setTimeout(...args)
  }) as typeof setTimeout
  try {
    const order: number[] = []
    await joinAll(
      [30, 10, 20].map((milliseconds) =>
        spawn(function* () {
          yield* sleep(milliseconds)
          order.push(milliseconds)
        }),
      ),
    )
    assert.deepEqual(order, [10, 20, 30])
    assert.ok(calls >= 3)
  } finally {
    globalThis.setTimeout = setTimeout
  }
})

test('fake timers that were there before the library drive it, and give way to the real ones', async () => {
  const { code, stdout, stderr } = await startProgram(`
    let time = 0
    const timers = []
    const { setTimeout: real } = globalThis
    globalThis.setTimeout = Object.assign((callback, milliseconds) => timers.push({ callback, due: time + milliseconds }), { clock: {} })
    const { sleep, spawn, idle } = await import('gvent')
    const asleep = spawn(function* () { yield* sleep(60_000); console.log('woken at', time) })
    await idle()
    time = 60_000
    for (const { callback } of timers) callback()
    await asleep
    globalThis.setTimeout = real
    await spawn(() => sleep(1))
    console.log('real')`).ended
  assert.deepEqual([code, stdout, stderr], [0, 'woken at 60000\nreal\n', ''])
})
