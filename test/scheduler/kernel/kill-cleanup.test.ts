import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  GreenletExit,
  Pool,
  Queue,
  all,
  call,
  green,
  race,
  scope,
  shield,
  sleep,
  spawn,
  until,
  withTimeout,
  type Coroutine,
  type Operation,
} from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from './virtual-host.js'

// A cleanup that waits must not bring the code after it back to life: what `generator.return()` gets wrong through
// `yield*`. (The list of cases follows Effection's issue 1190 and its test/issue-1190/scenarios.md.)

const host = installVirtualHost()

/** What a cleanup may wait for, each ending within 5 ms. */
const cleanups: Record<string, () => unknown> = {
  'does not wait': () => Symbol.iterator,
  'gives way': () => undefined,
  'sleep(0)': () => sleep(0),
  'sleep(2)': () => sleep(2),
  'a promise': () => until(Promise.resolve()),
  'a greenlet of its own': () => spawn(() => sleep(2)),
  'a kill of another greenlet': () => spawn(() => sleep(100)).kill(),
  'a green function': () => green(() => sleep(2))(),
  withTimeout: () => withTimeout(1, sleep(3), { value: 'late' }),
  all: () => all([sleep(1), sleep(2)]),
  race: () => race([sleep(1), sleep(2)]),
  scope: () =>
    scope(function* (children) {
      children.spawn(() => sleep(2))
      yield
    }),
  shield: () => shield(sleep(2)),
  'a queue': () => {
    const queue = new Queue<number>()
    spawn(() => sleep(1)).link(() => queue.putNowait(1))
    return queue.get()
  },
}

type Child = (log: string[]) => Coroutine<void>

/** How a parent may wait for a child. */
const delegations: Record<string, (child: Child, log: string[]) => Coroutine<unknown>> = {
  'yield* child()': (child, log) => child(log),
  'yield* call(child)': function* (child, log) {
    return yield* call(child, log)
  },
  'yield* green(child)()': function* (child, log) {
    return yield* green(child)(log)
  },
  'yield child()': function* (child, log) {
    return yield child(log)
  },
  'yield* spawn(child)': function* (child, log) {
    const greenlet = spawn(child, log)
    try {
      return yield* greenlet
    } finally {
      yield* greenlet.kill()
    }
  },
  withTimeout: function* (child, log) {
    return yield* withTimeout(1000, () => child(log))
  },
  scope: function* (child, log) {
    return yield* scope(function* (children) {
      children.spawn(child, log)
      yield* sleep(Infinity)
    })
  },
}

for (const [delegationName, delegate] of Object.entries(delegations)) {
  test(`a cleanup that waits ends before the parent's, and the parent does not go on: ${delegationName}`, async () => {
    for (const [cleanupName, cleanup] of Object.entries(cleanups)) {
      const child: Child = function* (log) {
        try {
          yield* sleep(Infinity)
          log.push('child went on')
        } finally {
          log.push('child cleans')
          const wait = cleanup()
          if (wait !== Symbol.iterator) yield wait
          log.push('child cleaned')
        }
        log.push('child after its finally')
      }
      const middle = function* (log: string[]): Coroutine<void> {
        try {
          yield* delegate(child, log)
          log.push('middle went on')
        } finally {
          log.push('middle cleans')
          yield* sleep(1)
          log.push('middle cleaned')
        }
      }
      const log: string[] = []
      const greenlet = spawn(function* () {
        try {
          yield* middle(log)
          log.push('parent went on')
          yield* sleep(1)
        } catch (error) {
          log.push(error instanceof GreenletExit ? 'parent caught the kill' : `parent caught ${String(error)}`)
          throw error
        } finally {
          log.push('parent cleans')
        }
        log.push('parent after its finally')
      })
      await quiet()
      void greenlet.kill().then(() => log.push('kill ended'))
      await host.advance(10)
      assert.deepEqual(
        log,
        [
          'child cleans',
          'child cleaned',
          'middle cleans',
          'middle cleaned',
          'parent caught the kill',
          'parent cleans',
          'kill ended',
        ],
        cleanupName,
      )
      assert.ok((greenlet.value as unknown) instanceof GreenletExit)
    }
  })
}

test('a kill that comes while the cleanup waits does not cut the cleanup short', async () => {
  const log: string[] = []
  const greenlet = spawn(function* () {
    try {
      yield* sleep(Infinity)
    } finally {
      for (const step of [1, 2, 3]) {
        yield* sleep(1)
        log.push(`step ${step}`)
      }
    }
  })
  await quiet()
  greenlet.kill()
  for (let millisecond = 0; millisecond < 3; millisecond++) {
    await host.advance(1)
    greenlet.kill()
  }
  assert.deepEqual(log, ['step 1', 'step 2', 'step 3'])
  await greenlet.join()
})

test('a kill that comes while a normal finally waits interrupts it once, and the outer cleanup runs', async () => {
  const log: string[] = []
  const greenlet = spawn(function* () {
    try {
      try {
        log.push('body')
      } finally {
        yield* sleep(1000)
        log.push('inner cleaned')
      }
      log.push('went on')
    } finally {
      yield* sleep(1)
      log.push('outer cleaned')
    }
  })
  await quiet()
  greenlet.kill()
  await host.advance(1)
  assert.deepEqual(log, ['body', 'outer cleaned'])
  assert.equal(greenlet.dead, true)
})

test('an error raised in the cleanup takes the place of the kill', async () => {
  const error = new Error('cleanup failed')
  const child = function* (): Coroutine<void> {
    try {
      yield* sleep(Infinity)
    } finally {
      yield* sleep(1)
      yield Promise.reject(error)
    }
  }
  const log: unknown[] = []
  const greenlet = spawn(function* () {
    try {
      yield* child()
      log.push('went on')
    } catch (caught) {
      log.push(caught)
      throw caught
    }
  })
  await quiet()
  const ended = greenlet.kill()
  const reason = reasonOf(greenlet)
  await host.advance(1)
  assert.equal(await ended, true)
  assert.equal(await reason, error)
  assert.deepEqual(log, [error])
})

test('a return in a finally overrides the kill, as it overrides any error', async () => {
  const child = function* (): Coroutine<string> {
    try {
      yield* sleep(Infinity)
      return 'went on'
    } finally {
      yield* sleep(1)
      // eslint-disable-next-line no-unsafe-finally -- that is what is tested
      return 'from finally'
    }
  }
  for (const wait of [child, green(child), () => call(child)]) {
    const greenlet = spawn(function* () {
      return `parent got: ${yield* wait()}`
    })
    await quiet()
    greenlet.kill()
    await host.advance(1)
    assert.equal(await greenlet, 'parent got: from finally')
  }
})

test('cleanups run from the inside out, each once, however deep and mixed the frames are', async () => {
  const log: number[] = []
  const frames = (depth: number): Coroutine<void> =>
    (function* () {
      try {
        if (depth === 0) yield* sleep(Infinity)
        else if (depth % 4 === 0) yield* frames(depth - 1)
        else if (depth % 4 === 1) yield frames(depth - 1)
        else if (depth % 4 === 2) yield* call(frames, depth - 1)
        else yield* green(frames)(depth - 1)
        log.push(-1)
      } finally {
        if (depth % 3 === 0) yield* sleep(0)
        if (depth % 3 === 1) yield* call(() => sleep(0))
        log.push(depth)
      }
    })()
  const greenlet = spawn(frames, 100)
  await quiet()
  await greenlet.kill()
  assert.deepEqual(
    log,
    Array.from({ length: 101 }, (_, depth) => depth),
  )
})

test('killing a tree of greenlets from the top waits for the deepest cleanup', async () => {
  const log: string[] = []
  const node = (depth: number): Coroutine<void> =>
    (function* () {
      if (depth === 0) {
        try {
          yield* sleep(Infinity)
        } finally {
          yield* sleep(5)
          log.push('leaf cleaned')
        }
      }
      const child = spawn(node, depth - 1)
      try {
        yield* child
        log.push('went on')
      } finally {
        yield* child.kill()
      }
    })()
  const root = spawn(node, 20)
  await quiet()
  void root.kill().then(() => log.push('root ended'))
  await host.advance(5)
  assert.deepEqual(log, ['leaf cleaned', 'root ended'])
})

// What is killed first, and is late as well before it has cleaned up, was killed.
const limitedWorks: Record<string, (log: string[]) => Operation<unknown>> = {
  'a cleanup that waits': (log) => call(slowCleanup, log),
  all: (log) => all([call(slowCleanup, log), sleep(Infinity)]),
  race: (log) => race([call(slowCleanup, log), sleep(Infinity)]),
  scope: (log) =>
    scope(function* (children) {
      children.spawn(slowCleanup, log)
      yield* sleep(Infinity)
    }),
  apply: (log) => new Pool(1).apply(slowCleanup, log),
  map: (log) => new Pool(1).map(() => slowCleanup(log), [1]),
}

function* slowCleanup(log: string[]): Coroutine<void> {
  try {
    yield* sleep(Infinity)
  } finally {
    yield* sleep(10)
    log.push('cleaned up')
  }
}

for (const [name, work] of Object.entries(limitedWorks)) {
  test(`a timeout that is up while ${name} cleans up after a kill does not take its place`, async () => {
    const log: string[] = []
    const greenlet = spawn(function* () {
      try {
        yield* withTimeout(5, work(log), { value: 'late' })
        yield* sleep(0)
        log.push('went on')
      } catch (error) {
        log.push((error as Error).name)
        throw error
      }
    })
    await quiet()
    void greenlet.kill()
    await host.advance(20)
    assert.ok((greenlet.value as unknown) instanceof GreenletExit)
    assert.deepEqual(log, name === 'a cleanup that waits' ? ['GreenletExit'] : ['cleaned up', 'GreenletExit'])
  })
}
