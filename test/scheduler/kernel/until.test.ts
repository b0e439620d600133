import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GreenletExit, Timeout, sleep, spawn, until, withTimeout } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()

interface Deferred {
  promise: Promise<string>
  resolve: (value: string) => void
  reject: (error: Error) => void
}

function defer(): Deferred {
  const deferred = {} as Deferred
  deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }))
  return deferred
}

test('until gives what a promise gives, and raises what it raises', async () => {
  const error = new Error('rejected')
  const greenlet = spawn(function* () {
    const value = yield* until(Promise.resolve('value'))
    try {
      yield* until(Promise.reject(error))
    } catch (raised) {
      return [value, raised]
    }
    return undefined
  })
  assert.deepEqual(await greenlet, ['value', error])
  assert.equal(await until(Promise.resolve(1)), 1)
  assert.equal(await reasonOf(until(Promise.reject(error))), error)
})

test('a function is called for each wait, with a signal that is not aborted when all goes well', async () => {
  const signals: AbortSignal[] = []
  const operation = until((signal) => {
    signals.push(signal)
    return Promise.resolve(signals.length)
  })
  assert.equal(signals.length, 0)
  assert.equal(await spawn(() => operation), 1)
  assert.equal(await operation, 2)
  assert.notEqual(signals[0], signals[1])
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false, false],
  )
})

test('what the function raises, or a result that is no promise, is raised by the wait', async () => {
  const error = new Error('raised')
  const raising = until(() => {
    throw error
  })
  const nothing = until((() => undefined) as never)
  for (const wait of [(work: PromiseLike<unknown>) => work, (work: PromiseLike<unknown>) => spawn(() => work)]) {
    assert.equal(await reasonOf(wait(raising)), error)
    assert.match(
      String(await reasonOf(wait(nothing))),
      /TypeError: until\(source\): expected a promise .*got undefined/,
    )
  }
  for (const source of [undefined, null, 1, {}, []]) {
    assert.throws(() => until(source as never), { name: 'TypeError', message: /until\(source\): expected a promise/ })
  }
})

const endings: Record<string, (source: (signal: AbortSignal) => Promise<string>) => Promise<unknown>> = {
  'a kill': async (source) => {
    const greenlet = spawn(() => until(source))
    await quiet()
    await greenlet.kill()
    return greenlet.value
  },
  'its own timeout': async (source) => {
    const reason = reasonOf(spawn(() => until(source, { timeout: 5 })))
    await host.advance(5)
    return reason
  },
  'a timeout around it': async (source) => {
    const reason = reasonOf(withTimeout(5, until(source)))
    await host.advance(5)
    return reason
  },
  'a signal': async (source) => {
    const controller = new AbortController()
    const reason = reasonOf(until(source, { signal: controller.signal }))
    await quiet()
    controller.abort(new Error('aborted'))
    return reason
  },
}

for (const [name, end] of Object.entries(endings)) {
  test(`${name} aborts the signal; a late result is dropped, a late error is no unhandled rejection`, async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    try {
      for (const late of ['result', 'error', 'abort']) {
        const { promise, resolve, reject } = defer()
        let given: AbortSignal | undefined
        const ended = await end((signal) => {
          given = signal
          if (late === 'abort') signal.addEventListener('abort', () => reject(new Error('aborted')))
          return promise
        })
        assert.ok(ended instanceof Error)
        assert.equal(given!.aborted, true)
        if (late === 'result') resolve('late')
        if (late === 'error') reject(new Error('late'))
        await quiet()
      }
      assert.deepEqual(unhandled, [])
    } finally {
      process.off('unhandledRejection', note)
    }
  })
}

test('the signal aborts at the very moment of the kill', async () => {
  let given: AbortSignal | undefined
  const greenlet = spawn(() => until((signal) => ((given = signal), new Promise(() => undefined))))
  await quiet()
  greenlet.kill()
  assert.equal(given!.aborted, true)
})

test('what an abort listener does (kill again, resolve, wake others) disturbs nothing', async () => {
  const { promise, resolve } = defer()
  const other = spawn(() => sleep(Infinity))
  const greenlet = spawn(() =>
    until((signal) => {
      signal.addEventListener('abort', () => {
        resolve('too late')
        greenlet.kill()
        other.kill()
      })
      return promise
    }),
  )
  await quiet()
  greenlet.kill()
  await quiet()
  assert.ok((greenlet.value as unknown) instanceof GreenletExit)
  assert.equal(other.dead, true)
})

test('an abort listener that kills the greenlet during a timeout: the kill wins', async () => {
  const greenlet = spawn(() =>
    until(
      (signal) => {
        signal.addEventListener('abort', () => void greenlet.kill())
        return new Promise(() => undefined)
      },
      { timeout: 5 },
    ),
  )
  await host.advance(5)
  assert.ok(greenlet.value instanceof GreenletExit)
})

test('a thenable may call back twice, at once, with another thenable, or raise afterwards', async () => {
  const error = new Error('raised')
  type Then = (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => void
  const outcome = (then: Then): Promise<unknown> => {
    const thenable = { then } as PromiseLike<unknown>
    return Promise.resolve(
      spawn(function* () {
        try {
          return yield* until(thenable)
        } catch (raised) {
          return ['raised', raised]
        }
      }),
    )
  }
  assert.equal(await outcome((resolve) => resolve('at once')), 'at once')
  assert.equal(await outcome((resolve) => (resolve(1), resolve(2))), 1)
  assert.equal(await outcome((resolve, reject) => (resolve(1), reject(error))), 1)
  assert.deepEqual(await outcome((resolve, reject) => (reject(error), resolve(1))), ['raised', error])
  assert.equal(await outcome((resolve) => resolve(Promise.resolve('nested'))), 'nested')
  assert.deepEqual(await outcome((resolve) => resolve(Promise.reject(error))), ['raised', error])
  const raise = (): never => {
    throw error
  }
  assert.equal(await outcome((resolve) => (resolve(1), raise())), 1)
  assert.deepEqual(await outcome(raise), ['raised', error])
})

test('a thenable whose then raises when it is read, raises that', async () => {
  const error = new Error('getter')
  let reads = 0
  const thenable = {
    get then() {
      if (++reads > 1) throw error
      return () => undefined
    },
  }
  assert.equal(await reasonOf(spawn(() => until(thenable as never))), error)
})

test('a timeout raised by the promise itself is not taken for the own one', async () => {
  const foreign = new Timeout(1)
  const greenlet = spawn(() => withTimeout(100, until(Promise.reject(foreign)), { value: 'own' }))
  assert.equal(await reasonOf(greenlet), foreign)
})

test('a greenlet that is parked in until is resumed once the promise is settled, and not before', async () => {
  const { promise, resolve } = defer()
  const greenlet = spawn(() => until(promise))
  await host.advance(1000)
  assert.equal(greenlet.state, 'waiting')
  resolve('now')
  assert.equal(await greenlet, 'now')
})
