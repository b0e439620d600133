import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Greenlet,
  GreenletExit,
  Queue,
  Timeout,
  call,
  getCurrent,
  getHub,
  race,
  select,
  shield,
  sleep,
  spawn,
  until,
  withTimeout,
  type Coroutine,
  type WaitOptions,
} from 'gvent/scheduler'
import { simulate } from 'gvent/testing'
import { seeded } from './seeded.js'

/** What `kill(error)` raises here, now and then. */
class Stop extends Error {}

/**
 * A program of greenlets that put, get, wait, limit, nest, spawn and kill at random, and notes what becomes of each
 * item. Whatever they do to each other: no item is lost, none is received twice, and nobody is left behind.
 */
class RandomProgram {
  readonly problems: string[] = []
  private readonly random: () => number
  private readonly queues = [new Queue<number>(), new Queue<number>(1), new Queue<number>(3)]
  private readonly greenlets: Greenlet[] = []
  private readonly put = new Set<number>()
  private readonly refused = new Set<number>()
  private readonly received = new Set<number>()
  private made = 0

  constructor(seed: number) {
    this.random = seeded(seed)
  }

  *run(): Coroutine<void> {
    for (let index = 0; index < 12; index++) this.spawn(0)
    yield* sleep(200)
    const me = getCurrent()
    for (const greenlet of this.greenlets) greenlet.kill()
    // Some swallow the kill, when a timeout interrupts their cleanup: those are ended by force.
    yield* sleep(60_000)
    for (const greenlet of getHub().greenlets())
      if (greenlet !== me) this.problems.push(`${greenlet.toString()} is left`)
    for (const queue of this.queues) {
      const { getters, putters } = queue.stats()
      if (getters + putters > 0) this.problems.push(`${getters} getters and ${putters} putters are left`)
      while (!queue.empty) this.receive(queue.getNowait())
    }
    for (const item of this.put) if (!this.received.has(item)) this.problems.push(`item ${item} is lost`)
    for (const item of this.refused) if (this.received.has(item)) this.problems.push(`item ${item} was refused`)
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit)
  }

  private queue(): Queue<number> {
    return this.queues[this.below(3)]!
  }

  private options(): WaitOptions {
    const kind = this.below(4)
    return kind === 0 ? { timeout: this.below(4) } : kind === 1 ? { timeout: new Timeout(this.below(4)) } : {}
  }

  private receive(item: number): void {
    if (this.received.has(item)) this.problems.push(`item ${item} was received twice`)
    this.received.add(item)
  }

  private spawn(depth: number): Greenlet {
    const greenlet: Greenlet = spawn(() => this.act(depth))
    this.greenlets.push(greenlet)
    greenlet.linkError(({ error }) => {
      if (!(error instanceof Timeout || error instanceof Stop)) this.problems.push(String(error))
    })
    return greenlet
  }

  private *act(depth: number): Coroutine<void> {
    for (let steps = 1 + this.below(4); steps > 0; steps--) {
      try {
        yield* this.step(depth)
      } catch (error) {
        if (!(error instanceof Timeout)) throw error
      } finally {
        if (this.below(8) === 0) yield* sleep(this.below(3))
      }
    }
  }

  private *step(depth: number): Coroutine<void> {
    const deeper = (): Coroutine<void> => this.act(depth + 1)
    const steps: (() => Coroutine<unknown>)[] = [
      function* () {
        yield
      },
      () => this.nap(),
      () => this.getOne(),
      () => this.putOne(),
      () => this.getFirst(),
      () => this.getWithin(),
      () => this.limited(deeper),
      () => this.killOne(),
      function* () {
        yield* until(Promise.resolve())
      },
      () => this.spawnOne(depth),
    ]
    const nested: (() => Coroutine<unknown>)[] = [
      deeper,
      function* () {
        yield* call(deeper)
      },
      function* () {
        yield deeper()
      },
    ]
    const choices = depth < 4 ? [...steps, ...nested] : steps
    yield* choices[this.below(choices.length)]!()
  }

  private *nap(): Coroutine<void> {
    yield* this.below(3) === 0 ? shield(sleep(this.below(3))) : sleep(this.below(4))
  }

  private *getOne(): Coroutine<void> {
    this.receive(yield* this.queue().get(this.options()))
  }

  private *putOne(): Coroutine<void> {
    const item = this.made++
    const options = this.options()
    try {
      yield* this.queue().put(item, options)
      this.put.add(item)
    } catch (error) {
      if (error === options.timeout) this.refused.add(item)
      throw error
    }
  }

  private *getFirst(): Coroutine<void> {
    if (this.below(2) === 0) {
      const item = yield* race([this.queue().get(), call(() => sleep(this.below(3)))])
      if (item !== undefined) this.receive(item)
      return
    }
    const selected = yield* select({ one: this.queue().get(), other: this.queue().get(), late: sleep(this.below(3)) })
    if (selected.name !== 'late') this.receive(selected.value)
  }

  private *getWithin(): Coroutine<void> {
    const item = yield* withTimeout(this.below(4), this.queue().get(), { value: undefined })
    if (item !== undefined) this.receive(item)
  }

  private *limited(work: () => Coroutine<void>): Coroutine<void> {
    using _timeout = Timeout.start(this.below(4))
    yield* work()
  }

  private *killOne(): Coroutine<void> {
    const victim = this.greenlets[this.below(this.greenlets.length)]!
    const killed = victim.kill(this.below(2) === 0 ? new Stop() : undefined, this.options())
    if (this.below(2) === 0 && victim !== getCurrent()) yield* killed
  }

  private *spawnOne(depth: number): Coroutine<void> {
    if (depth >= 3) return
    const child = this.spawn(depth + 1)
    if (this.below(2) === 0) yield* child.join(this.options())
  }
}

for (let block = 0; block < 4; block++) {
  test(`whatever greenlets do to each other, nothing is lost, doubled or left behind: block ${block}`, async () => {
    for (let seed = block * 25; seed < (block + 1) * 25; seed++) {
      const program = new RandomProgram(seed)
      await simulate({ seed }, () => program.run())
      assert.deepEqual(program.problems, [], `seed ${seed}`)
    }
  })
}

test('such a program ends whoever swallows everything', async () => {
  await simulate(function* () {
    const greenlet = spawn(function* () {
      for (;;) {
        try {
          yield* sleep(1000)
        } catch {
          continue
        }
      }
    })
    yield* sleep(1)
    yield* greenlet.kill()
    assert.ok((greenlet.value as unknown) instanceof GreenletExit)
    assert.ok(getHub().now() >= 5000)
  })
})
