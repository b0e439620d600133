import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GreenletExit, call, green, sleep, spawn, until, type Coroutine } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()

test('yield waits for an operation, a coroutine, a promise or a greenlet, and gives what it gives', async () => {
  function* child(): Coroutine<string> {
    yield* sleep(1)
    return 'coroutine'
  }
  const greenlet = spawn(function* (): Coroutine<unknown[]> {
    return [
      yield until(Promise.resolve('operation')),
      yield child(),
      yield Promise.resolve('promise'),
      yield spawn(child),
      yield green(child)(),
      yield call(child),
      yield,
    ]
  })
  await host.advance(5)
  assert.deepEqual(await greenlet, [
    'operation',
    'coroutine',
    'promise',
    'coroutine',
    'coroutine',
    'coroutine',
    undefined,
  ])
})

test('an error raised deep down is caught by the try of whichever caller has one', async () => {
  const error = new Error('deep')
  const raise = function* (): Coroutine<never> {
    yield
    throw error
  }
  const ways: (() => Coroutine<unknown>)[] = [
    raise,
    function* () {
      return yield* call(raise)
    },
    function* () {
      return yield* green(raise)()
    },
    function* () {
      return yield raise()
    },
    function* () {
      return yield* spawn(raise)
    },
    function* () {
      return yield Promise.reject(error)
    },
  ]
  for (const inner of ways) {
    for (const outer of [(work: () => Coroutine<unknown>) => call(work), (work: () => Coroutine<unknown>) => work()]) {
      const greenlet = spawn(function* (): Coroutine<unknown> {
        try {
          yield* outer(inner)
        } catch (caught) {
          yield
          return caught
        }
        return 'nothing was raised'
      })
      assert.equal(await greenlet, error)
    }
  }
})

test('finally blocks run from the inside out, before the catch of the caller', async () => {
  const log: string[] = []
  const level = (name: string, inner: () => Coroutine<void>) =>
    function* (): Coroutine<void> {
      try {
        if (name === 'b') yield* inner()
        else if (name === 'c') yield inner()
        else yield* call(inner)
      } finally {
        yield
        log.push(name)
      }
    }
  const raise = function* (): Coroutine<void> {
    yield
    throw new Error('raised')
  }
  await spawn(function* () {
    try {
      yield* call(level('a', level('b', level('c', level('d', raise)))))
    } catch {
      log.push('caught')
    }
  })
  assert.deepEqual(log, ['d', 'c', 'b', 'a', 'caught'])
})

test('a caller may catch, and call again', async () => {
  let attempts = 0
  const flaky = green(function* () {
    yield
    if (++attempts < 5) throw new Error('again')
    return attempts
  })
  const greenlet = spawn(function* () {
    for (;;) {
      try {
        return yield* flaky()
      } catch {
        continue
      }
    }
  })
  assert.equal(await greenlet, 5)
})

test('a green function keeps its name, length, this and arguments, and runs anew for each wait', async () => {
  let runs = 0
  const double = green(function* double(this: unknown, x: number, _y?: number) {
    runs++
    yield
    return [this, 2 * x]
  })
  assert.deepEqual([double.name, double.length], ['double', 2])
  const object = { double }
  const operation = object.double(4)
  assert.equal(runs, 0)
  assert.deepEqual(await operation, [object, 8])
  assert.deepEqual(await spawn(() => operation), [object, 8])
  assert.equal(runs, 2)
})

test('one operation of a green function can be waited for by many greenlets at a time', async () => {
  let runs = 0
  const operation = green(function* () {
    const run = ++runs
    yield* sleep(1)
    return run
  })()
  const waiters = [1, 2, 3].map(() => spawn(() => operation))
  await host.advance(1)
  assert.deepEqual(await Promise.all(waiters), [1, 2, 3])
})

test('call and green may run plain functions, whose result is waited for', async () => {
  assert.equal(await spawn(() => call((x: number) => x + 1, 1)), 2)
  assert.equal(await call((x: number) => until(Promise.resolve(x)), 3), 3)
  const greenlet = spawn(function* () {
    return [
      yield* call(() => 'plain'),
      yield* green(() => Promise.resolve('promise'))(),
      yield* call(() => call(() => green(() => 'nested')())),
    ]
  })
  assert.deepEqual(await greenlet, ['plain', 'promise', 'nested'])
})

test('call and green of anything but a function say so', () => {
  for (const make of [call, green]) {
    for (const value of [undefined, 1, sleep(0), (function* () {})()]) {
      assert.throws(() => make(value as never), { name: 'TypeError', message: /expected a function, got/ })
    }
  }
})

test('frames of green functions nest 100,000 deep; values, errors and kills go through all of them', async () => {
  const depth = 100_000
  let cleaned = 0
  const nest: (left: number, bottom: () => unknown) => Coroutine<number> = function* (left, bottom) {
    try {
      if (left === 0) {
        yield bottom()
        return 0
      }
      return 1 + (yield* call(nest, left - 1, bottom))
    } finally {
      cleaned++
    }
  }
  const value = spawn(nest, depth, () => undefined)
  assert.equal(await value, depth)
  const error = new Error('bottom')
  assert.equal(await reasonOf(spawn(nest, depth, () => Promise.reject(error))), error)
  const parked = spawn(nest, depth, () => sleep(Infinity))
  await quiet()
  await parked.kill()
  assert.ok((parked.value as unknown) instanceof GreenletExit)
  assert.equal(cleaned, 3 * (depth + 1))
})

test('yielded coroutines nest 100,000 deep', async () => {
  const nest = function* (left: number): Coroutine<number> {
    return left === 0 ? 0 : 1 + ((yield nest(left - 1)) as number)
  }
  assert.equal(await spawn(nest, 100_000), 100_000)
})

test('native yield* beyond the depth of the stack raises RangeError, which can be caught; the hub goes on', async () => {
  const nest: (left: number) => Coroutine<number> = function* (left) {
    if (left === 0) yield
    return left === 0 ? 0 : 1 + (yield* nest(left - 1))
  }
  assert.equal(await spawn(nest, 500), 500)
  const error = await reasonOf(spawn(nest, 100_000))
  assert.ok(error instanceof RangeError)
  const caught = spawn(function* () {
    try {
      yield* nest(100_000)
    } catch (raised) {
      yield
      return raised instanceof RangeError
    }
    return false
  })
  assert.equal(await caught, true)
  assert.equal(await spawn(() => 'the hub goes on'), 'the hub goes on')
})

test('a kill goes through a thousand native levels, and runs each finally', async () => {
  let cleaned = 0
  const nest: (left: number) => Coroutine<void> = function* (left) {
    try {
      if (left === 0) yield* sleep(Infinity)
      else yield* nest(left - 1)
    } finally {
      yield
      cleaned++
    }
  }
  const greenlet = spawn(nest, 1000)
  await quiet()
  await greenlet.kill()
  assert.ok((greenlet.value as unknown) instanceof GreenletExit)
  assert.equal(cleaned, 1001)
})

test('recursion without end raises RangeError where it is, and the greenlet can go on', async () => {
  const forever = (): number => forever() + 1
  const circle: () => unknown = green(() => circle())
  const greenlet = spawn(function* (): Coroutine<string[]> {
    const names: string[] = []
    for (const work of [forever, circle, () => call(circle)]) {
      try {
        yield work()
      } catch (error) {
        names.push((error as Error).name)
      }
      yield
    }
    return names
  })
  assert.deepEqual(await greenlet, ['RangeError', 'RangeError', 'RangeError'])
})

test('spawning and waking at the very end of the stack leave the hub working', async () => {
  let spawned = 0
  let ran = 0
  const dive = (): void => {
    try {
      dive()
    } finally {
      try {
        spawn(() => ran++)
        spawned++
      } catch {
        // No room for it here: it counts where there is.
      }
    }
  }
  assert.throws(dive, RangeError)
  assert.ok(spawned > 0)
  await quiet()
  assert.ok(ran >= spawned)
  assert.equal(await spawn(() => 'the hub goes on'), 'the hub goes on')
})
