import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lock, Queue, joinAll, sleep, spawn, type Coroutine } from 'gvent'
import { explore, simulate } from 'gvent/testing'
import { failureOf } from './failure-of.js'

/** How many tasks there are besides the two that go wrong. */
const NOISE = 24

/** Programs of 26 tasks in which two go wrong together, while all others make as much noise as they can. */
const programs: Record<string, () => Coroutine<void>> = {
  *'a lost update among locks and sleeps'() {
    let sum = 0
    const lock = new Lock()
    function* noise(number: number): Coroutine<void> {
      for (let round = 0; round < 6; round++) {
        const permit = yield* lock.acquire()
        yield
        permit[Symbol.dispose]()
        yield* sleep((number % 5) + round)
      }
    }
    function* add(milliseconds: number): Coroutine<void> {
      yield* sleep(milliseconds)
      const before = sum
      yield
      sum = before + 1
    }
    yield* joinAll([...makeNoise(noise), spawn(add, 12), spawn(add, 14)])
    assert.equal(sum, 2)
  },
  *'an order of seven steps among tasks that begin one after the other'() {
    const log: string[] = []
    function* noise(number: number): Coroutine<void> {
      yield* sleep(number)
      for (let round = 0; round < 10 + number; round++) yield
    }
    function* write(letter: string, milliseconds: number): Coroutine<void> {
      yield* sleep(milliseconds)
      for (let round = 0; round < 6; round++) {
        log.push(letter)
        yield
      }
    }
    yield* joinAll([...makeNoise(noise), spawn(write, 'a', 8), spawn(write, 'b', 9)])
    assert.ok(!log.join('').includes('bbbab'))
  },
  *'a state that is seen twice in a row at the wrong moment'() {
    let asked = false
    let answers = 0
    function* noise(number: number): Coroutine<void> {
      for (let round = 0; round < number; round++) yield
      yield* sleep(1)
      for (let round = 0; round < 8; round++) yield
    }
    function* ask(): Coroutine<void> {
      for (let round = 0; round < 13; round++) yield
      asked = true
      for (const expected of [1, 2]) {
        yield
        if (answers !== expected) return
      }
      throw new Error('deep')
    }
    function* answer(): Coroutine<void> {
      for (let round = 0; round < 11; round++) yield
      if (asked) for (; answers < 4; answers++) yield
    }
    yield* joinAll([...makeNoise(noise), spawn(ask), spawn(answer)], { raiseError: true })
  },
  *'an early reader among queues'() {
    let state = 'new'
    const queue = new Queue<number>()
    function* noise(number: number): Coroutine<void> {
      yield* sleep(number % 7)
      for (let round = 0; round < 5; round++) {
        yield* queue.put(round)
        yield
        yield* queue.get()
      }
    }
    function* open(): Coroutine<void> {
      yield
      yield
      state = 'open'
    }
    function* read(): Coroutine<void> {
      for (let round = 0; round < 4; round++) yield
      assert.equal(state, 'open')
    }
    yield* joinAll([...makeNoise(noise), spawn(open), spawn(read)], { raiseError: true })
  },
}

function makeNoise(noise: (number: number) => Coroutine<void>) {
  return Array.from({ length: NOISE }, (_, number) => spawn(noise, number))
}

for (const [name, program] of Object.entries(programs)) {
  for (const strategy of ['random', 'portfolio'] as const) {
    test(`${name}, found by ${strategy}, is told in four decisions at most`, async (context) => {
      const failure = await failureOf(explore(program, { strategy, schedules: 1000 })).catch(() => undefined)
      if (failure === undefined) {
        context.skip('this strategy does not find it')
        return
      }
      assert.equal(failure.kind, 'error')
      assert.ok(failure.switches.length <= 4, failure.message)
      await assert.rejects(simulate({ replay: failure.token }, program))
    })
  }
}
