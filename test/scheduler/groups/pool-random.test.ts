import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AsyncLocalStorage } from 'node:async_hooks'
import { Greenlet, Pool, getHub, idle, race, sleep, spawn, type Coroutine, type Operation } from 'gvent'

const hub = getHub()

/** Numbers from 0 to 1 that look random and are the same every time. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Does at random whatever can be done to a pool, and checks the count of its places after each step. */
class Ordeal {
  readonly pool: Pool
  readonly random: () => number
  readonly greenlets: Greenlet[] = []
  readonly spawners: Greenlet[] = []
  foreign = 0
  ran = 0

  constructor(seed: number) {
    this.random = randomNumbers(seed)
    this.pool = new Pool(1 + Math.floor(this.random() * 4))
  }

  check(): void {
    const { size, maxSize, freeCount, waiting } = this.pool.stats()
    assert.equal(size, [...this.pool].length)
    assert.equal(freeCount, Math.max(maxSize - size, 0))
    assert.ok(size <= maxSize + this.foreign, `${size} greenlets in a pool of ${maxSize}, ${this.foreign} were added`)
    assert.ok(waiting === 0 || freeCount === 0, `${waiting} wait though ${freeCount} places are free`)
    for (const greenlet of this.pool) assert.equal(greenlet.dead, false)
  }

  pick(greenlets: readonly Greenlet[]): Greenlet | undefined {
    return greenlets[Math.floor(this.random() * greenlets.length)]
  }

  killOne(greenlets: readonly Greenlet[]): void {
    const greenlet = this.pick(greenlets)
    if (greenlet !== undefined) greenlet.kill()
  }

  *work(): Coroutine<void> {
    this.ran++
    const turns = Math.floor(this.random() * 4)
    try {
      for (let turn = 0; turn < turns; turn++) yield
      if (this.random() < 0.2) yield* sleep(Infinity)
    } finally {
      if (this.random() < 0.3) yield
    }
  }

  spawning(): Operation<unknown> {
    const work = (): Coroutine<void> => this.work()
    const dice = this.random()
    if (dice < 0.5) return this.pool.spawn(work)
    if (dice < 0.6) return this.pool.apply(work)
    if (dice < 0.7) return this.pool.map(work, [1, 2, 3])
    if (dice < 0.8) return race([this.pool.spawn(work), this.pool.waitAvailable()])
    const greenlet = new Greenlet(work)
    this.greenlets.push(greenlet)
    return this.pool.start(greenlet, this.random() < 0.5 ? { timeout: 0 } : undefined)
  }

  *step(): Coroutine<void> {
    const dice = this.random()
    const { pool } = this
    if (dice < 0.4) {
      const spawner = spawn(() => this.spawning())
      // What a time limit raises in it is no concern of this test.
      spawner.link(() => undefined)
      this.spawners.push(spawner)
    } else if (dice < 0.5) this.greenlets.push(pool.applyAsync(() => this.work()))
    else if (dice < 0.65) this.killOne([...pool])
    else if (dice < 0.7) this.killOne(this.greenlets)
    else if (dice < 0.8) this.killOne(this.spawners)
    else if (dice < 0.85) {
      const member = this.pick([...pool])
      if (member !== undefined) pool.discard(member)
    } else if (dice < 0.9) {
      this.foreign++
      pool.add(spawn(() => this.work()))
    } else if (dice < 0.91) yield* pool.kill()
    else yield
  }
}

for (let seed = 1; seed <= 20; seed++) {
  test(`no place is lost or given twice, whatever happens (seed ${seed})`, async () => {
    const { alive } = hub
    const ordeal = new Ordeal(seed)
    const { pool } = ordeal
    await spawn(function* () {
      for (let step = 0; step < 500; step++) {
        yield* ordeal.step()
        ordeal.check()
      }
      while (pool.size > 0 || pool.stats().waiting > 0) {
        yield* pool.kill()
        yield* idle()
        ordeal.check()
      }
    })
    for (const greenlet of [...ordeal.spawners, ...ordeal.greenlets]) await greenlet.kill()
    assert.equal(pool.freeCount, pool.maxSize)
    assert.ok(ordeal.ran > 0)
    for (const greenlet of hub.greenlets()) await greenlet.kill()
    assert.equal(hub.alive, alive)
  })
}

test('a greenlet that had to wait for its place has the ambient context of the one who spawned it', async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  await spawn(function* () {
    const pool = new Pool(1)
    const spawners = ['a', 'b', 'c'].map((name) =>
      storage.run(name, () =>
        spawn(() =>
          pool.spawn(function* () {
            yield
            seen.push(storage.getStore())
          }),
        ),
      ),
    )
    for (const spawner of spawners) yield* spawner.join()
    yield* pool.join()
    yield* storage.run('map', () => spawn(() => pool.map(() => seen.push(storage.getStore()), [1])))
  })
  assert.deepEqual(seen, ['a', 'b', 'c', 'map'])
})
