import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  acquireRelease,
  allSettled,
  call,
  joinAll,
  race,
  retry,
  run,
  scope,
  shield,
  sleep,
  spawn,
  until,
  withTimeout,
  type Coroutine,
} from 'gvent'
import { cancelEverywhere, explore, simulate } from 'gvent/testing'
import { startProgram } from '../../io/program.js'

/** A pool of connections as drivers have them: promises that nobody can cancel. */
class DriverPool {
  readonly idle: Connection[]
  readonly waiting: ((connection: Connection) => void)[] = []
  readonly log: string[] = []

  constructor(readonly size: number) {
    this.idle = Array.from({ length: size }, (_, number) => new Connection(number))
  }

  connect(): Promise<Connection> {
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      setTimeout(() => {
        this.serve()
      }, 5)
    })
  }

  release(connection: Connection): void {
    assert.ok(!this.idle.includes(connection), 'released twice')
    this.idle.push(connection)
    this.serve()
  }

  private serve(): void {
    while (this.idle.length > 0 && this.waiting.length > 0) this.waiting.shift()!(this.idle.pop()!)
  }
}

class Connection {
  constructor(readonly number: number) {}
  query(): Promise<number> {
    return new Promise((resolve) => {
      setTimeout(() => {
        resolve(this.number)
      }, 3)
    })
  }
}

/** Lets so many milliseconds pass, and what promises do then. */
function* pass(milliseconds: number): Coroutine<void> {
  yield* sleep(milliseconds)
  for (let turn = 0; turn < 5; turn++) yield* until(Promise.resolve())
}

const connection = (pool: DriverPool) =>
  acquireRelease(
    () => pool.connect(),
    (one) => {
      pool.release(one)
    },
  )

test('using releases at the end of the block, and the object is as it was', async () => {
  await simulate(function* () {
    const pool = new DriverPool(1)
    {
      using one = yield* connection(pool)
      assert.equal(yield* until(one.query()), 0)
      assert.equal(pool.idle.length, 0)
    }
    assert.equal(pool.idle.length, 1)
    assert.equal(Symbol.dispose in pool.idle[0]!, false)
  })
})

test('without using the greenlet that acquired it releases it at its end, a failed one too', async () => {
  await simulate(function* () {
    const pool = new DriverPool(1)
    const work = function* (): Coroutine<void> {
      yield* connection(pool)
      throw new Error('failed')
    }
    yield* allSettled([spawn(work)])
    assert.equal(pool.idle.length, 1)
  })
})

test('a greenlet has not ended before what it acquired is released, whatever ends it', async () => {
  await simulate(function* () {
    const log: string[] = []
    const thing = acquireRelease(
      () => ({}),
      function* () {
        yield* sleep(5)
        log.push('released')
      },
    )
    const endings: (() => unknown)[] = [() => 'value', () => Promise.reject(new Error('failed')), () => sleep(Infinity)]
    for (const ending of endings) {
      const greenlet = spawn(function* () {
        yield* thing
        return yield* call(ending)
      })
      yield* sleep(1)
      if (!greenlet.dead) greenlet.kill()
      greenlet.kill() // does not disturb the release
      yield* allSettled([greenlet])
      assert.deepEqual(log.splice(0), ['released'])
    }
  })
})

test('what a call got that failed or lost is released when the call ends; what one got that succeeded is kept', async () => {
  await simulate(function* () {
    const pool = new DriverPool(2)
    const holder = spawn(function* () {
      const keep = function* (): Coroutine<void> {
        yield* connection(pool)
        yield* sleep(Infinity)
      }
      yield* race([keep(), sleep(20)])
      assert.equal(pool.idle.length, 2)

      let attempts = 0
      const got = yield* retry(
        function* () {
          const one = yield* connection(pool)
          if (++attempts < 3) throw new Error('not yet')
          return one
        },
        { backoff: 1 },
      )
      assert.deepEqual([attempts, pool.idle.length, pool.idle.includes(got)], [3, 1, false])

      yield* retry(() =>
        scope(function* () {
          yield* connection(pool)
        }),
      )
      assert.equal(pool.idle.length, 1)
    })
    yield* holder
    assert.equal(pool.idle.length, 2)
  })
})

test('what a call got whose caller was killed before it saw the value is released', async () => {
  await simulate(function* () {
    const pool = new DriverPool(1)
    const user = spawn(function* () {
      yield* retry(() => connection(pool))
      yield* sleep(Infinity)
    })
    yield* sleep(5)
    while (pool.idle.length > 0) yield
    yield* user.kill()
    yield* pass(10)
    assert.deepEqual([pool.idle.length, pool.waiting.length], [1, 0])
  })
})

test('a scope that was entered releases it, before it ends, and waits for that', async () => {
  await simulate(function* () {
    const log: string[] = []
    const thing = (name: string) =>
      acquireRelease(
        function* () {
          yield* sleep(1)
          return { name }
        },
        function* ({ name: released }) {
          yield* sleep(5)
          log.push(released)
        },
      )
    yield* scope(function* () {
      yield* thing('first')
      const { name } = yield* thing('second')
      log.push(`in ${name}`)
    })
    assert.deepEqual(log, ['in second', 'second', 'first'])
  })
})

test('a scope waits for a release that using began', async () => {
  await simulate(function* () {
    let released = false
    yield* scope(function* () {
      using _thing = yield* acquireRelease(
        () => ({}),
        function* () {
          yield* sleep(5)
          released = true
        },
      )
    })
    assert.equal(released, true)
  })
})

test('an error of the release is an error of the scope; that of a greenlet is reported', async () => {
  const fail = (): never => {
    throw new Error('cannot release')
  }
  await assert.rejects(
    run(() =>
      scope(function* () {
        yield* acquireRelease(() => ({}), fail)
      }),
    ),
    /cannot release/,
  )
})

test('a value that is no object is released by its owner', async () => {
  await run(function* () {
    const released: unknown[] = []
    yield* scope(function* () {
      assert.equal(
        yield* acquireRelease(
          () => 7,
          (value) => released.push(value),
        ),
        7,
      )
      const frozen = Object.freeze({})
      assert.equal(
        yield* acquireRelease(
          () => frozen,
          (value) => released.push(value),
        ),
        frozen,
      )
    })
    assert.equal(released.length, 2)
  })
})

test('an object with a dispose of its own has it again after the release', async () => {
  let own = 0
  class Disposing {
    [Symbol.dispose](): void {
      own++
    }
  }
  await run(function* () {
    let released = 0
    const object = new Disposing()
    {
      using _held = yield* acquireRelease(
        () => object,
        () => released++,
      )
    }
    assert.deepEqual([own, released], [0, 1])
    object[Symbol.dispose]()
    assert.equal(own, 1)
  })
})

test('what comes after a kill or a timeout is released', async () => {
  await run(function* () {
    const pool = new DriverPool(1)
    const held = yield* until(pool.connect())
    const waiter = spawn(() => connection(pool))
    yield* sleep(0)
    yield* waiter.kill()
    yield* withTimeout(0, connection(pool), { value: null })
    pool.release(held)
    // The one that was killed and the one that was timed out are served first, and give back what they get.
    using one = yield* connection(pool)
    assert.equal(one, held)
  })
})

test('the winner of a race stays acquired, and the loser gets nothing', async () => {
  await simulate(function* () {
    const pool = new DriverPool(2)
    const work = function* (): Coroutine<void> {
      using _one = yield* race([connection(pool), connection(pool)])
      yield* sleep(20)
      assert.equal(pool.idle.length, 1)
    }
    yield* spawn(work)
    yield* pass(20)
    assert.equal(pool.idle.length, 2)
  })
})

test('a pool never starves, wherever its users are killed or timed out', async () => {
  const body = function* (): Coroutine<void> {
    const pool = new DriverPool(2)
    const use = function* (): Coroutine<void> {
      using one = yield* connection(pool)
      yield* until(one.query())
    }
    const keep = function* (): Coroutine<void> {
      yield* connection(pool)
      yield* sleep(1)
    }
    const choose = function* (): Coroutine<void> {
      yield* race([connection(pool), sleep(6)])
    }
    yield* joinAll([spawn(use), spawn(keep), spawn(choose), spawn(use)])
    yield* pass(50)
    assert.deepEqual([pool.idle.length, pool.waiting.length], [2, 0])
  }
  await explore(() => shield(body), { schedules: 100, cancel: true })
  await cancelEverywhere(() => shield(body))
})

test('outside of greenlets using alone releases', async () => {
  const released: number[] = []
  {
    using _seven = await acquireRelease(
      () => ({ number: 7 }),
      ({ number }) => released.push(number),
    )
    assert.deepEqual(released, [])
  }
  assert.deepEqual(released, [7])
})

test('until: a late result goes to `late`, once, and one that was seen does not', async () => {
  await run(function* () {
    const late: string[] = []
    const resolvers: ((value: string) => void)[] = []
    const wait = () =>
      until(new Promise<string>((resolve) => resolvers.push(resolve)), { late: (result) => late.push(result) })
    yield* withTimeout(0, wait(), { value: null })
    const killed = spawn(wait)
    const killedLater = spawn(wait)
    const seen = spawn(wait)
    yield* sleep(0)
    yield* killed.kill()
    resolvers[0]!('after a timeout')
    resolvers[1]!('after a kill')
    resolvers[2]!('before the kill')
    resolvers[3]!('seen')
    // It is resolved, and the greenlet has not run since.
    yield* until(Promise.resolve())
    yield* killedLater.kill()
    assert.equal(yield* seen, 'seen')
    assert.ok(late.includes('after a timeout') && late.includes('after a kill') && !late.includes('seen'))
  })
})

test('until: what `late` raises or rejects with is reported', async () => {
  const { code, stderr } = await startProgram(`
    import { run, until, withTimeout } from 'gvent'
    const fails = [() => { throw new Error('thrown') }, () => Promise.reject(new Error('rejected'))]
    for (const late of fails) {
      let settle
      const pending = new Promise((resolvePending) => (settle = resolvePending))
      await run(() => withTimeout(0, until(pending, { late }), { value: null }))
      settle()
    }
  `).ended
  assert.match(stderr, /late itself failed:\nError: thrown[^]*late itself failed:\nError: rejected/)
  assert.equal(code, 1)
})

test('wrong arguments are refused', () => {
  assert.throws(() => acquireRelease(5 as never, () => 1), /expected two functions, got 5/)
  assert.throws(
    () => until(Promise.resolve(), { late: 5 as never }),
    /until\(source, { late }\): expected a function, got 5/,
  )
})
