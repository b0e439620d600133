import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Greenlet, Queue, Timeout, getHub, green, race, sleep, spawn, until, withTimeout } from 'gvent'
import { startProgram } from '../../io/program.js'

const { gc } = globalThis as { gc?: () => void }
const hub = getHub()

/**
 * How many bytes of the heap are kept for each of `count` rounds of `work`: the least of several measurements, since
 * what is kept for good is there in all of them, and what the engine keeps for a while is not.
 */
async function bytesKept(count: number, work: (index: number) => PromiseLike<unknown> | undefined): Promise<number> {
  const heapAfterRounds = async () => {
    for (let index = 0; index < count; index++) {
      const result = work(index)
      if (result !== undefined) await result
    }
    // The test runner watches async resources, and learns only after a collection that they are gone.
    for (let collection = 0; collection < 2; collection++) {
      await new Promise((resolve) => void setImmediate(resolve))
      gc!()
    }
    return process.memoryUsage().heapUsed
  }
  let least = Infinity
  let before = await heapAfterRounds()
  for (let measurement = 0; measurement < 3; measurement++) {
    const after = await heapAfterRounds()
    least = Math.min(least, (after - before) / count)
    before = after
  }
  return least
}

const skip = gc === undefined ? 'it needs --expose-gc' : false

const works: Record<string, (index: number) => PromiseLike<unknown> | undefined> = {
  'a greenlet that ends': () => spawn(() => undefined),
  'a greenlet that waited': () =>
    spawn(function* () {
      yield
      yield* until(Promise.resolve())
    }),
  'a greenlet that failed and was observed': () =>
    spawn(() => {
      throw new Error('failed')
    }).then(null, () => undefined),
  'a greenlet that was killed before it ran': () => void spawn(() => undefined).kill(),
  'a greenlet that was killed while parked': () => {
    const greenlet = spawn(() => sleep(Infinity))
    return sleep(0).then(() => greenlet.kill())
  },
  'a linked greenlet': () => {
    const greenlet = spawn(() => undefined)
    greenlet.link(() => undefined)
    return greenlet
  },
  'a green function': () => green(() => undefined)(),
  'a limited wait that ended in time': () => withTimeout(100_000, sleep(0)),
  'a lost race': () => race([sleep(100_000), sleep(0), new Queue().get()]),
}

for (const [name, work] of Object.entries(works)) {
  test(`nothing is kept of ${name}`, { skip }, async () => {
    const kept = await bytesKept(2000, work)
    assert.ok(kept < 16, `${kept} bytes each`)
    assert.equal(hub.alive, 0)
  })
}

// In a process of its own: the test runner watches async resources, which makes each cost a hundred times as much.
test('a million greenlets, one after another, keep nothing', async () => {
  const { ended } = startProgram([
    '--expose-gc',
    '--input-type=module',
    '--eval',
    `
    import { run, spawn } from 'gvent'
    const spawnMany = (count) => run(function* () {
      for (let index = 0; index < count; index++) yield* spawn(() => undefined)
    })
    const heap = () => (gc(), process.memoryUsage().heapUsed)
    await spawnMany(100_000)
    const before = heap()
    await spawnMany(1_000_000)
    const kept = heap() - before
    console.log(kept < 1_000_000 ? 'flat' : kept)`,
  ])
  const { stdout, stderr } = await ended
  assert.deepEqual([stdout, stderr], ['flat\n', ''])
})

test(
  'a chain of greenlets, each spawned by the one before it, keeps nothing of those that ended',
  { skip },
  async () => {
    const kept = await bytesKept(
      2,
      () =>
        new Promise((resolve) => {
          const link = (left: number): void => {
            if (left === 0) resolve(undefined)
            else spawn(link, left - 1)
          }
          spawn(link, 10_000)
        }),
    )
    assert.ok(kept < 50_000, `${kept} bytes for 10,000`)
  },
)

test('a long-lived greenlet keeps nothing of the waits and limits that it went through', { skip }, async () => {
  const queue = new Queue<number>()
  const controller = new AbortController()
  const worker = spawn(function* () {
    for (;;) {
      using _timeout = Timeout.start(100_000)
      yield* queue.get({ timeout: 50_000, signal: controller.signal })
    }
  })
  const kept = await bytesKept(8000, (index) => queue.put(index))
  await worker.kill()
  assert.ok(kept < 16, `${kept} bytes each`)
})

test('joiners that gave up are not kept by the greenlet that they joined', { skip }, async () => {
  const target = spawn(() => sleep(100_000))
  const kept = await bytesKept(2000, () => {
    const joiner = spawn(() => target.join())
    return sleep(0).then(() => joiner.kill())
  })
  await target.kill()
  assert.ok(kept < 16, `${kept} bytes each`)
})

test('a parked greenlet takes less than 1.5 kB', { skip }, async () => {
  const greenlets: Greenlet[] = []
  gc!()
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < 20_000; index++) {
    greenlets.push(
      spawn(function* () {
        yield* sleep(100_000)
      }),
    )
  }
  await sleep(0)
  gc!()
  const each = (process.memoryUsage().heapUsed - before) / greenlets.length
  for (const greenlet of greenlets) greenlet.kill()
  await sleep(0)
  assert.ok(each < 1500, `${each} bytes`)
})
