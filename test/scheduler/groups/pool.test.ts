import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  Greenlet,
  GreenletExit,
  Pool,
  Queue,
  Timeout,
  idle,
  joinAll,
  race,
  select,
  sleep,
  spawn,
  type Coroutine,
  Event,
  run,
} from 'gvent/scheduler'
import { forEver, takeAllReported } from './works.js'

/** A pool that is full: one greenlet in each of its places. */
function* fullPool(size: number): Coroutine<{ pool: Pool; gate: Queue<void>; workers: Greenlet[] }> {
  const pool = new Pool(size)
  const gate = new Queue<void>()
  const workers: Greenlet[] = []
  for (let count = 0; count < size; count++) workers.push(yield* pool.spawn(() => gate.get()))
  yield
  return { pool, gate, workers }
}

for (const size of [-1, NaN, 1.5, -Infinity]) {
  test(`a size of ${size} is refused`, () => {
    assert.throws(() => new Pool(size), {
      name: 'RangeError',
      code: 'GVENT_BAD_ARGUMENT',
      message: `new Pool(size): expected a whole number from 0, got ${size}; leave it out for no limit`,
    })
  })
}

test('a size that is no number is refused', () => {
  assert.throws(() => new Pool('5' as never), /new Pool\(size\): expected a whole number from 0, got "5"/)
})

test('spawn waits for a free place, and never more than size greenlets run', async () => {
  await spawn(function* () {
    const pool = new Pool(3)
    let running = 0
    let most = 0
    for (let count = 0; count < 20; count++) {
      yield* pool.spawn(function* () {
        most = Math.max(most, ++running)
        yield* idle()
        running--
      })
    }
    yield* pool.join()
    assert.equal(most, 3)
    assert.equal(running, 0)
    assert.equal(pool.freeCount, 3)
  })
})

test('without a size there is no limit', async () => {
  await spawn(function* () {
    const pool = new Pool()
    for (let count = 0; count < 1000; count++) yield* pool.spawn(forEver)
    assert.equal(pool.size, 1000)
    assert.equal(pool.freeCount, Infinity)
    assert.equal(pool.full, false)
    assert.equal(yield* pool.waitAvailable(), Infinity)
    yield* pool.kill()
  })
})

test('in a pool of size 0 spawn waits for ever', async () => {
  await spawn(function* () {
    const pool = new Pool(0)
    assert.equal(pool.full, true)
    const spawner = spawn(() => pool.spawn(forEver))
    yield* idle()
    assert.equal(spawner.state, 'waiting')
    assert.equal(yield* pool.join(), true)
    yield* spawner.kill()
    assert.equal(pool.stats().waiting, 0)
  })
})

test('the place is free the moment the greenlet has ended', async () => {
  await spawn(function* () {
    const pool = new Pool(1)
    const greenlet = yield* pool.spawn(function* () {
      yield
    })
    assert.equal(pool.freeCount, 0)
    assert.equal(pool.full, true)
    yield* greenlet
    assert.equal(pool.freeCount, 1)
    assert.equal(pool.full, false)
  })
})

test('one that waits for the greenlet since before it was added sees the place free too', async () => {
  await spawn(function* () {
    const pool = new Pool(1)
    const gate = new Queue<void>()
    const greenlet = spawn(() => gate.get())
    const free = spawn(function* () {
      yield* greenlet
      return pool.freeCount
    })
    yield* idle()
    yield* pool.add(greenlet)
    assert.equal(pool.freeCount, 0)
    gate.putNowait()
    assert.equal(yield* free, 1)
  })
})

test('places go to those who wait in the order in which they came, and nobody barges', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const order: number[] = []
    const spawners = [1, 2, 3].map((n) => spawn(() => pool.spawn(() => void order.push(n))))
    yield* idle()
    assert.equal(pool.stats().waiting, 3)
    gate.putNowait()
    // It runs before the first of those in line does, and finds the place given away all the same.
    yield
    const barger = spawn(() => pool.spawn(() => void order.push(4)))
    for (const spawner of [...spawners, barger]) yield* spawner.join()
    yield* pool.join()
    assert.deepEqual(order, [1, 2, 3, 4])
  })
})

test('a spawner goes on before the greenlet that got the place starts', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const order: string[] = []
    const spawner = spawn(function* () {
      yield* pool.spawn(() => order.push('greenlet'))
      order.push('spawner')
    })
    yield* idle()
    gate.putNowait()
    yield* spawner
    yield* pool.join()
    assert.deepEqual(order, ['spawner', 'greenlet'])
  })
})

test('a greenlet that had to wait for its place is a child of the one that spawned it', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const spawner: Greenlet = spawn(function* (): Coroutine<void> {
      const greenlet = yield* pool.spawn(() => undefined)
      assert.equal(greenlet.parent, spawner)
    })
    yield* idle()
    gate.putNowait()
    yield* spawner
  })
})

test('a spawn that is killed while it waits did not happen, and the next in line loses nothing', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const ran: string[] = []
    const killed = spawn(() => pool.spawn(() => void ran.push('killed')))
    const next = spawn(() => pool.spawn(() => void ran.push('next')))
    yield* idle()
    yield* killed.kill()
    assert.equal(pool.stats().waiting, 1)
    gate.putNowait()
    yield* next.join()
    yield* pool.join()
    assert.deepEqual(ran, ['next'])
    assert.equal(pool.freeCount, 1)
  })
})

test('a spawn that is killed after it got its place did not happen, and the place goes to the next in line', async () => {
  await spawn(function* () {
    const { pool, workers } = yield* fullPool(1)
    const ran: string[] = []
    const killed = spawn(function* () {
      yield* pool.spawn(() => void ran.push('killed'))
      ran.push('went on')
    })
    const next = spawn(() => pool.spawn(() => void ran.push('next')))
    yield* idle()
    workers[0]!.kill()
    // The worker ends in the next step and hands its place over; the kill comes right after that.
    const killer = spawn(() => killed.kill())
    yield* killer
    yield* next.join()
    yield* pool.join()
    assert.deepEqual(ran, ['next'])
    assert.equal(pool.freeCount, 1)
  })
})

test('a spawn that won a race did not happen either, if the racer is killed before it goes on', async () => {
  await spawn(function* () {
    const { pool, workers } = yield* fullPool(1)
    let ran = false
    const racer = spawn(() => race([pool.spawn(() => (ran = true)), sleep(Infinity)]))
    yield* idle()
    workers[0]!.kill()
    yield* spawn(() => racer.kill())
    yield* idle()
    assert.equal(ran, false)
    assert.equal(pool.freeCount, 1)
  })
})

test('a greenlet killed before it started gives its place back at once', async () => {
  await spawn(function* () {
    const pool = new Pool(1)
    let ran = false
    const greenlet = yield* pool.spawn(() => (ran = true))
    greenlet.kill()
    assert.equal(pool.freeCount, 1)
    yield* idle()
    assert.equal(ran, false)
    assert.ok((greenlet.value as unknown) instanceof GreenletExit)
  })
})

test('a spawn that loses a race takes no place', async () => {
  await spawn(function* () {
    const pool = new Pool(1)
    const queue = new Queue<string>()
    queue.putNowait('item')
    const { name } = yield* select({ item: queue.get(), greenlet: pool.spawn(forEver) })
    assert.equal(name, 'item')
    assert.equal(pool.freeCount, 1)
  })
})

test('a spawn that loses a race after it stood in line leaves the line', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const queue = new Queue<string>()
    const racing = spawn(() => race([pool.spawn(forEver), queue.get()]))
    yield* idle()
    queue.putNowait('item')
    assert.equal(yield* racing, 'item')
    gate.putNowait()
    yield* pool.join()
    assert.equal(pool.freeCount, 1)
  })
})

test('start raises Timeout when its time is up, and the greenlet can be started again', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const greenlet = new Greenlet(() => 42)
    try {
      yield* pool.start(greenlet, { timeout: 0 })
      assert.fail('not raised')
    } catch (error) {
      assert.ok(error instanceof Timeout)
    }
    assert.equal(greenlet.state, 'created')
    gate.putNowait()
    yield* pool.start(greenlet)
    assert.equal(yield* greenlet, 42)
  })
})

test('a greenlet that is killed while it waits for its place leaves the line, and its starter goes on', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const greenlet = new Greenlet(() => 42)
    const starter = spawn(function* () {
      return (yield* pool.start(greenlet)) === greenlet
    })
    yield* idle()
    greenlet.kill()
    assert.equal(pool.stats().waiting, 0)
    assert.equal(yield* starter, true)
    gate.putNowait()
    yield* pool.join()
    assert.equal(pool.freeCount, 1)
  })
})

test('an added greenlet takes a place, even one more than there are', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const added = spawn(forEver)
    const adding = pool.add(added)
    assert.equal(pool.size, 2)
    assert.equal(pool.freeCount, 0)
    const adder = spawn(() => adding)
    const spawner = spawn(() => pool.spawn(forEver))
    yield* idle()
    gate.putNowait()
    yield* adder
    // One place is free of two that were taken, and the pool has one.
    yield* idle()
    assert.equal(spawner.state, 'waiting')
    assert.equal(pool.size, 1)
    added.kill()
    yield* spawner.join()
    assert.equal(pool.size, 1)
    yield* pool.kill()
    assert.equal(pool.freeCount, 1)
  })
})

test('an added greenlet that ends gives its place back once', async () => {
  await spawn(function* () {
    const pool = new Pool(2)
    const greenlet = spawn(() => 1)
    yield* pool.add(greenlet)
    yield* pool.add(greenlet)
    assert.equal(pool.freeCount, 1)
    yield* greenlet
    assert.equal(pool.freeCount, 2)
    pool.discard(greenlet)
    assert.equal(pool.freeCount, 2)
  })
})

test('discard frees the place for the next in line, and the end of the greenlet frees nothing more', async () => {
  await spawn(function* () {
    const { pool, workers } = yield* fullPool(1)
    const spawner = spawn(() => pool.spawn(forEver))
    yield* idle()
    assert.equal(pool.discard(workers[0]!), true)
    yield
    assert.equal(pool.size, 1)
    assert.equal(pool.has(workers[0]!), false)
    yield* workers[0]!.kill()
    assert.equal(pool.size, 1)
    assert.equal(pool.freeCount, 0)
    yield* pool.kill()
    yield* spawner.join()
  })
})

test('discard of a stranger changes nothing', async () => {
  await spawn(function* () {
    const pool = new Pool(1)
    const stranger = spawn(forEver)
    assert.equal(pool.discard(stranger), false)
    assert.equal(pool.freeCount, 1)
    yield* pool.spawn(forEver)
    assert.equal(pool.discard(stranger), false)
    assert.equal(pool.freeCount, 0)
    stranger.kill()
    yield* pool.kill()
    assert.equal(pool.freeCount, 1)
  })
})

test('waitAvailable gives the number of free places and takes none', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(2)
    const waiting = spawn(() => pool.waitAvailable())
    yield* idle()
    assert.equal(waiting.state, 'waiting')
    gate.putNowait()
    assert.equal(yield* waiting, 1)
    assert.equal(pool.freeCount, 1)
    gate.putNowait()
    yield* pool.join()
    assert.equal(yield* pool.waitAvailable(), 2)
  })
})

test('waitAvailable gives 0 when its time is up', async () => {
  await spawn(function* () {
    const { pool } = yield* fullPool(1)
    assert.equal(yield* pool.waitAvailable({ timeout: 0 }), 0)
    assert.equal(pool.stats().waiting, 0)
    yield* pool.kill()
  })
})

test('a wait for a free place that is killed, before or after its turn, keeps nobody from it', async () => {
  await spawn(function* () {
    const { pool, workers } = yield* fullPool(1)
    const first = spawn(() => pool.waitAvailable())
    const second = spawn(() => pool.waitAvailable())
    const next = spawn(() => pool.spawn(() => undefined))
    yield* idle()
    yield* first.kill()
    workers[0]!.kill()
    yield* spawn(() => second.kill())
    yield* next.join()
    yield* pool.join()
    assert.equal(pool.freeCount, 1)
  })
})

test('one that waits for a free place has its turn among those who spawn, and keeps nobody from a place', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const order: string[] = []
    const first = spawn(() => pool.spawn(() => gate.get()))
    const waiting = spawn(function* () {
      order.push(`available: ${yield* pool.waitAvailable()}`)
    })
    const second = spawn(() => pool.spawn(() => void order.push('second')))
    yield* idle()
    gate.putNowait()
    yield* first.join()
    assert.deepEqual(order, [])
    gate.putNowait()
    yield* idle()
    assert.deepEqual(order, ['available: 1', 'second'])
    yield* waiting
    yield* second.join()
  })
})

test('killing a full pool kills those who stand in line as they come in, and holds for any number of them', async () => {
  await spawn(function* () {
    const { pool } = yield* fullPool(2)
    let ran = 0
    const spawners = Array.from({ length: 20_000 }, () => spawn(() => pool.spawn(() => ran++)))
    yield* idle()
    yield* idle()
    assert.equal(pool.stats().waiting, 20_000)
    assert.equal(yield* pool.kill(), true)
    assert.equal(ran, 0)
    assert.equal(pool.size, 0)
    assert.equal(pool.stats().waiting, 0)
    for (const spawner of spawners) yield* spawner.join()
    assert.equal(pool.freeCount, 2)
  })
})

test('apply from a greenlet of the same pool is called on the spot', async () => {
  await spawn(function* () {
    const pool = new Pool(1)
    const greenlet: Greenlet = yield* pool.spawn(function* (): Coroutine<boolean> {
      const inner = yield* pool.apply(function* () {
        yield
        return [...pool]
      })
      return inner.length === 1 && inner[0] === greenlet
    })
    assert.equal(yield* greenlet, true)
  })
})

test('apply waits for a place, and is an operation that can be used again', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const applying = pool.apply((n: number) => n * 2, 21)
    const applied = spawn(() => applying)
    yield* idle()
    assert.equal(pool.stats().waiting, 1)
    gate.putNowait()
    assert.equal(yield* applied, 42)
    assert.equal(yield* applying, 42)
  })
})

test('a killed apply leaves the line', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const applied = spawn(() => pool.apply(() => 1))
    yield* idle()
    yield* applied.kill()
    assert.equal(pool.stats().waiting, 0)
    gate.putNowait()
    yield* pool.join()
    assert.equal(pool.freeCount, 1)
  })
})

test('applyAsync never waits: in a full pool the greenlet stands in line', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const values: number[] = []
    const first = pool.applyAsync({ callback: (value) => values.push(value) }, (n: number) => n, 1)
    const second = pool.applyAsync((n: number) => n, 2)
    assert.equal(first.state, 'created')
    assert.equal(pool.stats().waiting, 2)
    gate.putNowait()
    assert.equal(yield* second, 2)
    assert.ok(first.dead)
    yield* idle()
    assert.deepEqual(values, [1])
    assert.equal(pool.freeCount, 1)
  })
})

test('a killed greenlet of applyAsync leaves the line', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    const killed = pool.applyAsync(() => 1)
    const next = pool.applyAsync(() => 2)
    killed.kill()
    assert.equal(pool.stats().waiting, 1)
    gate.putNowait()
    assert.equal(yield* next, 2)
    assert.equal(pool.freeCount, 1)
  })
})

test('join waits for those who stand in line as well: the pool is not empty before', async () => {
  await spawn(function* () {
    const { pool, gate } = yield* fullPool(1)
    let done = 0
    for (let count = 0; count < 10; count++) pool.applyAsync(() => done++)
    gate.putNowait()
    yield* pool.join()
    assert.equal(done, 10)
  })
})

test('an error in a greenlet frees its place', async () => {
  const error = new Error('failed')
  await spawn(function* () {
    const pool = new Pool(1)
    for (let count = 0; count < 3; count++) {
      yield* pool.spawn(() => {
        throw error
      })
    }
    yield* pool.join()
    assert.equal(pool.freeCount, 1)
    yield* idle()
  })
  assert.deepEqual(await takeAllReported(), [error, error, error])
})

test('a wait for a place names the pool, and those who hold its places', async () => {
  await spawn(function* () {
    const { pool, workers } = yield* fullPool(2)
    assert.equal(pool.spawn(forEver).describe(), 'Pool.spawn')
    assert.deepEqual([...pool.spawn(forEver).holders()], workers)
    assert.deepEqual([...pool.waitAvailable().holders()], workers)
    yield* pool.kill()
  })
})

test('stats and console.log say how it stands', async () => {
  await spawn(function* () {
    const pool = new Pool(2, { name: 'images' })
    yield* pool.spawn(forEver)
    assert.equal(inspect(pool), '<Pool "images" 1 of 2>')
    yield* pool.spawn(forEver)
    pool.applyAsync(forEver)
    assert.equal(inspect(pool), '<Pool "images" 2 of 2, 1 waiting>')
    assert.deepEqual(pool.stats(), { size: 2, maxSize: 2, freeCount: 0, waiting: 1, joining: 0 })
    yield* pool.kill()
  })
})

test('an add to a full pool whose time is up, or that is killed, did not happen', async () => {
  await spawn(function* () {
    const { pool, workers } = yield* fullPool(1)
    const running = spawn(forEver)
    const signal = AbortSignal.abort(new Error('aborted'))
    const adds: Greenlet[] = [
      spawn(() => pool.add(running, { timeout: 0 })),
      spawn(() => pool.add(running, { signal })),
      spawn(() => pool.add(running)),
    ]
    adds.forEach((add) => add.observe())
    yield* sleep(1)
    yield* adds[2]!.kill()
    assert.ok(adds[0]!.error instanceof Timeout)
    assert.equal(adds[1]!.error, signal.reason)
    assert.deepEqual([...pool], workers)
    assert.equal(running.dead, false)

    const again = pool.add(running, { timeout: 0 })
    assert.equal(pool.has(running), true, 'it takes its place at once')
    for (const turn of [1, 2]) {
      const outcome = yield* spawn(function* () {
        try {
          return yield* again
        } catch (error) {
          return error
        }
      })
      assert.ok(outcome instanceof Timeout, String(turn))
      assert.equal(pool.has(running), false)
    }
    yield* workers[0]!.kill()
    yield* pool.add(running, { timeout: 0 })
    assert.equal(pool.has(running), true)
    yield* pool.kill()
  })
})

test('killing a pool kills those in line for a place too: none of them runs', async () => {
  for (const byMember of [true, false]) {
    await spawn(function* () {
      const pool = new Pool(1)
      const ran: string[] = []
      const member = yield* pool.spawn(function* () {
        yield* sleep(1)
        if (byMember) yield* pool.kill()
        yield* sleep(Infinity)
      })
      const spawned = spawn(() => pool.spawn(() => void ran.push('spawned')))
      const started = new Greenlet(() => void ran.push('started'))
      const starting = spawn(() => pool.start(started))
      const applied = pool.applyAsync(() => void ran.push('applied'))
      const mapped = spawn(() => pool.map(() => ran.push('mapped'), [1, 2]))
      const available = spawn(() => pool.waitAvailable())
      yield* sleep(0)
      if (!byMember) pool.kill()
      yield* joinAll([member, spawned, starting, applied, available])
      yield* mapped.kill()
      assert.deepEqual(
        ran.filter((name) => name !== 'mapped'),
        [],
      )
      assert.deepEqual(
        [(spawned.value as unknown as Greenlet).dead, started.dead, applied.dead, starting.value],
        [true, true, true, started],
      )
      assert.equal(pool.size, 0)
      assert.equal(yield* pool.apply(() => 1), 1)
    })
  }
})

test('raising maxSize lets those in that wait, lowering it nobody more until enough have ended', async () => {
  const pool = new Pool(1)
  const stop = new Event()
  let inside = 0
  await run(function* () {
    const work = function* (): Coroutine<void> {
      inside++
      yield* stop.wait()
      inside--
    }
    const spawners = Array.from({ length: 4 }, () => spawn(() => pool.spawn(work)))
    yield* sleep(1)
    assert.deepEqual([inside, pool.stats().waiting], [1, 3])
    pool.maxSize = 3
    yield* sleep(1)
    assert.deepEqual([inside, pool.stats().waiting, pool.freeCount], [3, 1, 0])
    pool.maxSize = 2
    yield* sleep(1)
    assert.deepEqual([inside, pool.stats().waiting, pool.full], [3, 1, true])
    stop.set()
    yield* joinAll(spawners)
    yield* pool.join()
  })
  assert.throws(() => (pool.maxSize = -1), /maxSize/)
})
