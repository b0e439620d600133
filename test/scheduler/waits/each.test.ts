import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { Timeout, each, sleep, spawn, withTimeout } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

/** An async iterable that is fed by hand and notes what it is asked. */
class Tap implements AsyncIterable<number> {
  readonly log: string[] = []
  private answers: PromiseWithResolvers<IteratorResult<number>>[] = []

  give(value: number): void {
    this.answers.shift()!.resolve({ done: false, value })
  }

  [Symbol.asyncIterator](): AsyncIterator<number> {
    return {
      next: () => {
        this.log.push('next')
        const answer = withResolvers<IteratorResult<number>>()
        this.answers.push(answer)
        return answer.promise
      },
      return: async () => {
        this.log.push('return')
        return { done: true, value: undefined }
      },
    }
  }

  end(): void {
    this.answers.shift()!.resolve({ done: true, value: undefined })
  }

  fail(error: Error): void {
    this.answers.shift()!.reject(error)
  }
}

interface PromiseWithResolvers<T> {
  promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((...both) => {
    ;[resolve, reject] = both
  })
  return { promise, resolve, reject }
}

function collect<T>(source: AsyncIterable<T> | Iterable<T | PromiseLike<T>>, log: unknown[] = []) {
  return spawn(function* () {
    for (const next of each<T>(source)) {
      const item = yield* next
      if (item.done) break
      log.push(item.value)
    }
    return log
  })
}

test('each gives the items of async generators, streams, arrays and iterables of promises', async () => {
  async function* count() {
    for (let number = 0; number < 3; number++) {
      await Promise.resolve()
      yield number
    }
  }
  assert.deepEqual(await collect(count()), [0, 1, 2])
  assert.deepEqual(await collect(Readable.from(['a', 'b'])), ['a', 'b'])
  assert.deepEqual(await collect([1, 2, 3]), [1, 2, 3])
  assert.deepEqual(await collect('xy'), ['x', 'y'])
  assert.deepEqual(await collect<number>([Promise.resolve(1), 2, Promise.resolve(3)]), [1, 2, 3])
  assert.deepEqual(await collect(new Map([[1, 'one']])), [[1, 'one']])
})

test('the source is asked only when somebody waits, one item at a time', async () => {
  const tap = new Tap()
  const log: unknown[] = []
  const greenlet = collect(tap, log)
  assert.deepEqual(tap.log, [])
  await quiet()
  assert.deepEqual(tap.log, ['next'])
  tap.give(1)
  await quiet()
  assert.deepEqual(tap.log, ['next', 'next'])
  tap.end()
  assert.deepEqual(await greenlet, [1])
  assert.deepEqual(tap.log, ['next', 'next'], 'a source that has ended is not told to return')
})

test('leaving the loop early has the source return', async () => {
  const tap = new Tap()
  const greenlet = spawn(function* () {
    for (const next of each(tap)) {
      const item = yield* next
      if (item.done || item.value === 2) break
    }
  })
  await quiet()
  tap.give(1)
  await quiet()
  tap.give(2)
  await greenlet
  assert.deepEqual(tap.log, ['next', 'next', 'return'])

  let finished = false
  function* numbers() {
    try {
      yield 1
      yield 2
    } finally {
      finished = true
    }
  }
  await spawn(function* () {
    for (const next of each(numbers())) {
      yield* next
      break
    }
  })
  assert.equal(finished, true)
})

test('a kill in the loop has the source return at once, and what it still sends is dropped', async () => {
  const tap = new Tap()
  const greenlet = collect(tap)
  await quiet()
  greenlet.kill()
  await quiet()
  assert.deepEqual(tap.log, ['next', 'return'])
  tap.fail(new Error('late'))
  await quiet()
})

test('what the source raises is raised in the loop, and it is not told to return', async () => {
  const tap = new Tap()
  const reason = reasonOf(collect(tap))
  await quiet()
  const error = new Error('broken')
  tap.fail(error)
  assert.equal(await reason, error)
  assert.deepEqual(tap.log, ['next'])

  const throwing = {
    [Symbol.iterator]: () => ({
      next: () => {
        throw new Error('at once')
      },
    }),
  }
  assert.equal(((await reasonOf(collect(throwing as Iterable<number>))) as Error).message, 'at once')
  assert.equal(((await reasonOf(collect([Promise.reject(new Error('item'))]))) as Error).message, 'item')
})

test('an item that comes after a timeout comes with the next wait', async () => {
  const tap = new Tap()
  const log: unknown[] = []
  const greenlet = spawn(function* () {
    for (const next of each(tap)) {
      const item = yield* withTimeout(10, next, { value: 'late' as const })
      if (item === 'late') log.push(item)
      else if (item.done) break
      else log.push(item.value)
    }
  })
  await host.advance(10)
  assert.deepEqual(log, ['late'])
  tap.give(1)
  await quiet()
  assert.deepEqual(log, ['late', 1])
  assert.deepEqual(tap.log, ['next', 'next'])
  tap.end()
  await greenlet
})

test('an item that was handed over to one who is timed out then is not lost', async () => {
  const tap = new Tap()
  const steps = each(tap)[Symbol.iterator]()
  const next = () => {
    const step = steps.next()
    assert.ok(!step.done)
    return step.value
  }
  const first = spawn(() => next())
  await quiet()
  spawn(() => {
    tap.give(1)
  })
  const second = spawn(function* () {
    yield* sleep(0)
    return yield* next()
  })
  const killed = spawn(function* () {
    while (first.state === 'waiting') yield
    first.kill()
  })
  await killed
  await quiet()
  assert.equal(first.dead, true)
  if (second.dead) assert.deepEqual(await second, { done: false, value: 1 })
  else {
    tap.give(2)
    assert.deepEqual(await second, { done: false, value: 1 })
  }
  steps.return!()
})

test('the loop ends by itself when the last item is not looked at', async () => {
  const log: unknown[] = []
  await spawn(function* () {
    for (const next of each([1, 2])) log.push((yield* next).value)
  })
  assert.deepEqual(log, [1, 2, undefined])
})

test('a source that fails when it is told to return is reported', async () => {
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: 1 }),
      return: async () => {
        throw new Error('cannot close')
      },
    }),
  }
  await spawn(function* () {
    for (const next of each(source)) {
      yield* next
      break
    }
  })
  await quiet()
  assert.match(host.takeReports()[0]!, /the source failed when the loop was left early[^]*cannot close/)
  assert.equal(host.failed, true)
})

test('a timeout that is not caught in the loop has the source return', async () => {
  const tap = new Tap()
  const reason = reasonOf(
    spawn(function* () {
      using _limit = Timeout.start(5)
      for (const next of each(tap)) yield* next
    }),
  )
  await host.advance(5)
  assert.ok((await reason) instanceof Timeout)
  assert.deepEqual(tap.log, ['next', 'return'])
})

test('what cannot be iterated, and what gives no iterator results, is refused', async () => {
  for (const source of [5, null, undefined, {}, async function* () {}]) {
    assert.throws(() => each(source as never), {
      name: 'TypeError',
      code: 'GVENT_BAD_ARGUMENT',
      message: /expected an async iterable, or an iterable, got/,
    })
  }
  const odd = { [Symbol.asyncIterator]: () => ({ next: async () => 5 }) }
  assert.match(((await reasonOf(collect(odd as never))) as Error).message, /returned 5, not an iterator result/)
})

test('a loop that forgets to wait for its items is told so, and does not turn for ever', () => {
  assert.throws(
    () => {
      for (const next of each([1, 2, 3])) void next
    },
    { name: 'TypeError', message: /yield\* next/ },
  )
})
