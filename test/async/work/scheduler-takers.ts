import { AsyncLocalStorage } from 'node:async_hooks'
import {
  CircuitBreaker,
  Event,
  Greenlet,
  GreenletLocal,
  Group,
  Pool,
  SupervisionError,
  Timeout,
  acquireRelease,
  all,
  allSettled,
  any,
  call,
  debounce,
  each,
  green,
  memoize,
  race,
  retry,
  run,
  scope,
  select,
  shield,
  sleep,
  spawn,
  spawnLater,
  supervise,
  throttle,
  until,
  withTimeout,
  within,
  type Coroutine,
  type Operation,
} from 'gvent'
import { filter, map } from 'gvent/streams'
import { operation, type Taker, type Work } from './taker.js'

const LONG = 1_000_000
const never = (): Operation<boolean> => new Event().wait()

function greenlet(name: string, begin: (work: Work) => Greenlet): Taker {
  return {
    name,
    begin(work) {
      const begun = begin(work)
      return { result: begun, end: () => begun.kill() }
    },
  }
}

class Subclass extends Greenlet {
  constructor(private readonly work: Work) {
    super()
  }

  override run(): unknown {
    return this.work()
  }
}

function* only(values: Iterable<unknown>): Coroutine<unknown> {
  const [value] = values
  yield
  return value
}

function* firstOf(steps: Iterable<Operation<IteratorResult<unknown, unknown>>>): Coroutine<unknown> {
  for (const next of steps) return (yield* next).value
  return undefined
}

/** What of `gvent/scheduler` takes work. */
export const schedulerTakers: readonly Taker[] = [
  greenlet('spawn', (work) => spawn(work)),
  greenlet('spawnLater', (work) => spawnLater(1, work)),
  greenlet('new Greenlet', (work) => new Greenlet(work).start()),
  greenlet('a subclass of Greenlet', (work) => new Subclass(work).start()),
  greenlet('Greenlet.startLater', (work) => new Greenlet(work).startLater(1)),
  operation('run', (work) => run(work), { isKilled: false }),
  operation('call', (work) => call(work)),
  operation('green', (work) => green(work)()),
  operation('a plain function', (work) => (() => work())()),
  operation('yield of what it returned', function* (work) {
    return yield work()
  }),
  operation('yield* of what it returned', function* (work) {
    return yield* work()
  }),
  operation('until', function* (work) {
    return yield* until(work())
  }),
  operation('until(function)', function* (work) {
    return yield* until(() => work())
  }),
  operation('all', function* (work) {
    return yield* only(yield* all([work(), sleep(1)]))
  }),
  operation('allSettled', function* (work) {
    const [outcome] = yield* allSettled([work()])
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  }),
  operation('any', function* (work) {
    try {
      return yield* any([work()])
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error
    }
  }),
  operation('race', (work) => race([never(), work()])),
  operation('race of calls', (work) => race([never(), call(work)])),
  operation('select', function* (work) {
    return (yield* select({ never: never(), work: work() })).value
  }),
  operation('shield', (work) => shield(work), { isShielded: true }),
  operation('shield of what it returned', (work) => shield(work()), { isShielded: true }),
  operation('withTimeout', (work) => withTimeout(LONG, work)),
  operation('withTimeout of what it returned', function* (work) {
    return yield* withTimeout(LONG, work())
  }),
  {
    name: 'withTimeout that expires',
    begin(work) {
      const limit = new Timeout(LONG)
      const result = spawn(() => withTimeout(limit, work))
      return { result, end: () => result.kill() }
    },
  },
  operation('Timeout', function* (work) {
    using _timeout = Timeout.start(LONG)
    return yield* until(work())
  }),
  operation('within a store', (work) => within(new AsyncLocalStorage<number>(), 1, work)),
  operation('within a context', (work) => within((step) => step(), work)),
  operation('GreenletLocal.with', (work) => new GreenletLocal<number>().with(1, work)),
  operation('scope', (work) => scope(() => work())),
  operation('scope as its body', (work) => scope(work)),
  operation('a child of a scope', (work) =>
    scope(function* (children) {
      return yield* children.spawn(work)
    }),
  ),
  operation('supervise', function* (work) {
    try {
      yield* supervise([{ run: work, restart: 'transient' }], { intensity: 0 })
      return 7
    } catch (error) {
      throw error instanceof SupervisionError ? error.cause : error
    }
  }),
  operation('retry', (work) => retry(work, { attempts: 1 })),
  operation('memoize', (work) => memoize(work)(), { cleansLater: true }),
  operation('throttle', (work) => throttle(work, { limit: 1 })()),
  greenlet('debounce', (work) => debounce(work, 1)()),
  operation('CircuitBreaker', (work) => new CircuitBreaker().run(work)),
  operation(
    'acquireRelease',
    function* (work) {
      return yield* acquireRelease(work, () => undefined)
    },
    { isKilled: false },
  ),
  ...groups('Group', () => new Group()),
  ...groups('Pool', () => new Pool(1)),
  operation('map of a stream', (work) => firstOf(each(map([1], work))), { isKilled: false }),
  operation('filter of a stream', (work) => firstOf(each(filter([7], work))), { isKilled: false }),
]

function groups(name: string, make: () => Group): Taker[] {
  return [
    {
      name: `${name}.spawn`,
      begin(work) {
        const group = make()
        const result = spawn(function* () {
          return yield* yield* group.spawn(work)
        })
        return { result, end: () => group.kill() }
      },
    },
    operation(`${name}.apply`, (work) => make().apply(work)),
    greenlet(`${name}.applyAsync`, (work) => make().applyAsync(work)),
    operation(`${name}.map`, function* (work) {
      return yield* only(yield* make().map(work, [1]))
    }),
    operation(`${name}.imap`, (work) => firstOf(make().imap(work, [1])), { cleansLater: true }),
    operation(`${name}.imapUnordered`, (work) => firstOf(make().imapUnordered(work, [1])), { cleansLater: true }),
    {
      name: `${name}.start`,
      begin(work) {
        const group = make()
        const result = spawn(function* () {
          return yield* yield* group.start(new Greenlet(work))
        })
        return { result, end: () => group.kill() }
      },
    },
  ]
}
