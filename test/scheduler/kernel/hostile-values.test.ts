import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AsyncResult,
  Greenlet,
  GreenletLocal,
  Pool,
  Queue,
  all,
  call,
  joinAll,
  killAll,
  race,
  scope,
  shield,
  sleep,
  spawn,
  suspend,
  type Coroutine,
} from 'gvent/scheduler'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

const fail = (): never => {
  throw new Error('it was looked at')
}

/** Values that cannot be looked at: each makes one for itself. */
const values: Record<string, () => object> = {
  'a revoked proxy': () => revoked({}),
  'a revoked proxy of a function': () => revoked(() => undefined),
  'a revoked proxy of an error': () => revoked(new Error('gone')),
  'one whose prototype cannot be read': () => new Proxy({}, { getPrototypeOf: fail }),
  'one of which nothing can be read': () => new Proxy({}, { get: fail, getPrototypeOf: fail, has: fail }),
}

/** What programs do with a value that is not theirs to look at. */
const uses: Record<string, (value: object) => Greenlet> = {
  'a coroutine returns it': (value) =>
    spawn(function* () {
      yield* sleep(0)
      return value
    }),
  'a coroutine returns it at once': (value) =>
    spawn(function* () {
      return value
    }),
  'a plain function returns it': (value) => spawn(() => value),
  'a coroutine throws it': (value) =>
    spawn(function* () {
      yield* sleep(0)
      throw value
    }),
  'a plain function throws it': (value) =>
    spawn(() => {
      throw value
    }),
  'it is thrown where an error was raised': (value) =>
    spawn(function* () {
      try {
        yield* call(fail)
      } catch {
        throw value
      }
    }),
  'it is an argument': (value) => spawn((given: object) => given === value, value),
  'it is one of several arguments': (value) => spawn((_one: number, given: object) => given === value, 1, value),
  'it is yielded': (value) =>
    spawn(function* () {
      yield value
    }),
  'it goes through a queue': (value) => {
    const queue = new Queue<object>()
    spawn(() => queue.put(value))
    return spawn(() => queue.get())
  },
  'it is the value of an AsyncResult': (value) => {
    const result = new AsyncResult<object>({ name: 'it' })
    result.set(value)
    assert.throws(() => result.set(value), { code: 'GVENT_ALREADY_SET' })
    return spawn(() => result)
  },
  'a greenlet is linked to an AsyncResult': (value) => {
    const result = new AsyncResult<object>()
    spawn(() => value).link(result)
    return spawn(() => result.wait())
  },
  'a wait is resumed with it': (value) => spawn(() => suspend<object>((resume) => resume(value))),
  'it is thrown in a scope by two': (value) =>
    spawn(() =>
      scope(function* (children) {
        children.spawn(() => {
          throw value
        })
        yield* shield(sleep(0))
        throw value
      }),
    ),
  'it is thrown in a race': (value) =>
    spawn(() =>
      race([
        call((): never => {
          throw value
        }),
        sleep(100),
      ]),
    ),
  'it is thrown in a pool': (value) =>
    spawn(() =>
      new Pool(1).map((): never => {
        throw value
      }, [1, 2]),
    ),
  'it is one of several results': (value) =>
    spawn(() =>
      all([
        call(function* (): Coroutine<object> {
          yield* sleep(0)
          return value
        }),
      ]),
    ),
  'it is the value of a greenlet that is killed': (value) => {
    const greenlet = spawn(function* () {
      try {
        yield* sleep(100)
      } finally {
        // eslint-disable-next-line no-unsafe-finally -- programs do
        return value
      }
    })
    spawn(() => greenlet.kill())
    return greenlet
  },
  'it is a local value': (value) => {
    const local = new GreenletLocal<object>({ name: 'it' })
    return spawn(function* () {
      local.set(value)
      yield* sleep(0)
      return local.get() === value
    })
  },
}

for (const [use, begin] of Object.entries(uses)) {
  test(`nobody is harmed when ${use}: whatever cannot be looked at`, async () => {
    for (const [name, make] of Object.entries(values)) {
      const value = make()
      const greenlet = begin(value)
      const other = spawn(() => sleep(5))
      const joined = spawn(() => joinAll([greenlet]))
      await quiet()
      await host.advance(10)
      assert.ok(greenlet.dead && joined.dead && other.successful, `${use}: ${name}`)
      assert.equal(String(greenlet).includes('Greenlet'), true)
      await killAll([greenlet])
      host.takeReports()
    }
  })
}
