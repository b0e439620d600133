import {
  AsyncResult,
  Barrier,
  BoundedSemaphore,
  Broadcast,
  Channel,
  CircuitBreaker,
  Condition,
  Event,
  Greenlet,
  Group,
  JoinableQueue,
  LifoQueue,
  Lock,
  Pool,
  PriorityQueue,
  Queue,
  RLock,
  RateLimiter,
  Semaphore,
  WaitGroup,
  Watch,
  acquireRelease,
  all,
  allSettled,
  any,
  call,
  debounce,
  each,
  fromCallback,
  green,
  idle,
  iwait,
  joinAll,
  killAll,
  memoize,
  race,
  retry,
  scope,
  select,
  sleep,
  spawn,
  supervise,
  suspend,
  throttle,
  until,
  wait,
  withTimeout,
  within,
  type NodeCallback,
  type Operation,
  type WaitOptions,
} from 'gvent/scheduler'
import { buffer, chunk, filter, map, merge, zip } from 'gvent/streams'
import type { VirtualHost } from './kernel/virtual-host.js'

/** A fresh set-up in which a call has to wait. */
export interface World {
  /** The call. Each of those that are made waits. */
  wait(options?: WaitOptions): Operation<unknown>
  /** Brings about what the one who has waited longest, or all, wait for. */
  wake(): unknown
  /** How many wait, where that can be seen. */
  parked?(): number
}

export interface Call {
  readonly name: string
  /** Makes the set-up for so many that are going to wait. */
  readonly make: (waiters: number) => World
  /**
   * Who goes on when the first that waits is killed between `wake` and going on: the `next` one in its place, `all` the
   * others, who were woken with it; `nobody`, because what it got was for it alone. `later`: the one that waits is not
   * woken by `wake` itself, so that there is no such moment.
   */
  readonly killed: 'next' | 'all' | 'nobody' | 'later'
  /** What it gives when its time is up; without it, it raises. */
  readonly late?: { readonly gives: unknown }
  /** It takes no options. */
  readonly unlimited?: true
  /** It goes on by itself, as soon as the others that are ready have. */
  readonly brief?: true
}

const noWait = (): void => undefined

/** A greenlet that ends when it is told to, at that very moment. */
function unstarted(): Greenlet {
  return new Greenlet(noWait)
}

function ofGreenlet(
  ask: (greenlet: Greenlet, options?: WaitOptions) => Operation<unknown>,
  end: (greenlet: Greenlet) => unknown = (greenlet) => greenlet.kill(),
) {
  return (): World => {
    const greenlet = unstarted()
    return { wait: (options) => ask(greenlet, options), wake: () => end(greenlet) }
  }
}

/** The same for its value, which it has only once it has run. */
function ofValue(ask: (greenlet: Greenlet, options?: WaitOptions) => Operation<unknown>) {
  return ofGreenlet(ask, (greenlet) => greenlet.start())
}

function ofEvent(ask: (event: Event, options?: WaitOptions) => Operation<unknown>) {
  return (): World => {
    const event = new Event()
    return {
      wait: (options) => ask(event, options),
      wake: () => {
        event.set()
      },
      parked: () => event.stats().waiting,
    }
  }
}

/** Calls of what can be acquired and is not free. */
function ofAcquirables(): Call[] {
  const makers = [() => new Semaphore(1), () => new BoundedSemaphore(1), () => new Lock(), () => new RLock()]
  return makers.flatMap((makeOne): Call[] => {
    const { name } = makeOne().constructor
    const make = (method: 'acquire' | 'wait') => (): World => {
      const one = makeOne()
      const held = one.acquireNowait()!
      return {
        wait: (options) => one[method](options),
        wake: () => {
          held.release()
        },
        parked: () => one.stats().waiting,
      }
    }
    return [
      { name: `${name}.acquire`, make: make('acquire'), killed: 'next', late: { gives: undefined } },
      { name: `${name}.wait`, make: make('wait'), killed: 'all', late: { gives: false } },
    ]
  })
}

/** Calls of queues: getters of an empty one and putters of a full one. */
function ofQueues(): Call[] {
  const makers = [
    (size?: number) => new Queue<number>(size),
    (size?: number) => new LifoQueue<number>(size),
    (size?: number) => new PriorityQueue<number>(size),
    (size?: number) => new JoinableQueue<number>(size),
  ]
  return makers.flatMap((makeQueue): Call[] => {
    const { name } = makeQueue().constructor
    const empty = (ask: (queue: Queue<number>, options?: WaitOptions) => Operation<unknown>) => (): World => {
      const queue = makeQueue()
      return {
        wait: (options) => ask(queue, options),
        wake: () => {
          queue.putNowait(1)
        },
        parked: () => queue.stats().getters,
      }
    }
    const full = (): World => {
      const queue = makeQueue(1)
      let last = 0
      queue.putNowait(0)
      return {
        wait: (options) => queue.put(++last, options),
        wake: () => queue.getNowait(),
        parked: () => queue.stats().putters,
      }
    }
    const unfinished = (): World => {
      const queue = makeQueue()
      queue.putNowait(1)
      return {
        wait: (options) => queue.join(options),
        wake: () => {
          queue.taskDone()
        },
      }
    }
    const next = (): World => {
      const queue = makeQueue()
      const steps = each(queue)
      return {
        wait: () => steps[Symbol.iterator]().next().value as Operation<unknown>,
        wake: () => {
          queue.putNowait(1)
        },
        parked: () => queue.stats().getters,
      }
    }
    return [
      { name: `${name}.get`, make: empty((queue, options) => queue.get(options)), killed: 'next' },
      { name: `${name}.peek`, make: empty((queue, options) => queue.peek(options)), killed: 'all' },
      { name: `${name}.put`, make: full, killed: 'next' },
      { name: `${name}.join`, make: unfinished, killed: 'all', late: { gives: false } },
      { name: `each(${name})`, make: next, killed: 'next', unlimited: true },
    ]
  })
}

/** Streams of the items of an empty queue. */
function ofStreams(): Call[] {
  const stages: Record<string, (source: Queue<number>) => AsyncIterable<unknown>> = {
    map: (source) => map(source, (item) => item),
    filter: (source) => filter(source, () => true),
    chunk: (source) => chunk(source, 1),
    buffer: (source) => buffer(source, 1),
    merge: (source) => merge(source),
    zip: (source) => zip(source),
  }
  return Object.entries(stages).map(([name, makeStage]): Call => ({
    name: `each(${name})`,
    make: () => {
      const queue = new Queue<number>()
      const steps = each(makeStage(queue))[Symbol.iterator]()
      return {
        wait: () => steps.next().value as Operation<unknown>,
        wake: () => {
          queue.putNowait(1)
        },
      }
    },
    killed: 'later',
    unlimited: true,
  }))
}

function ofChannel(ask: (channel: Channel<number>, options?: WaitOptions) => Operation<unknown>) {
  return (): World => {
    const channel = new Channel<number>()
    return {
      wait: (options) => ask(channel, options),
      wake: () => (channel.stats().putters > 0 ? channel.getNowait() : void channel.put(1).then()),
      parked: () => channel.stats().getters,
    }
  }
}

function ofCondition(ask: (condition: Condition, options?: WaitOptions) => Operation<unknown>) {
  return (): World => {
    const condition = new Condition()
    return {
      wait: (options) =>
        call(function* () {
          using _permit = yield* condition.acquire()
          return yield* ask(condition, options)
        }),
      wake: () => {
        using _permit = condition.lock.acquireNowait()
        condition.notify()
      },
      parked: () => condition.stats().waiting,
    }
  }
}

function ofPool(ask: (pool: Pool, options?: WaitOptions) => Operation<unknown>) {
  return (): World => {
    const pool = new Pool(1)
    const occupant = unstarted()
    pool.add(occupant)
    return {
      wait: (options) => ask(pool, options),
      wake: () => occupant.kill(),
      parked: () => pool.stats().waiting,
    }
  }
}

/** Things outside of the hub that call back. */
function ofCallbacks(ask: (add: (callback: () => void) => () => void, options?: WaitOptions) => Operation<unknown>) {
  return (): World => {
    const callbacks = new Set<() => void>()
    const add = (callback: () => void) => {
      callbacks.add(callback)
      return () => callbacks.delete(callback)
    }
    return {
      wait: (options) => ask(add, options),
      wake: () => {
        for (const callback of callbacks) {
          callbacks.delete(callback)
          callback()
          return
        }
      },
      parked: () => callbacks.size,
    }
  }
}

function ofAsyncResult(ask: (result: AsyncResult<number>, options?: WaitOptions) => Operation<unknown>) {
  return (): World => {
    const result = new AsyncResult<number>()
    return {
      wait: (options) => ask(result, options),
      wake: () => {
        result.set(1)
      },
      parked: () => result.stats().waiting,
    }
  }
}

/**
 * Every call that waits. A new one is covered by the tests of what all of them have to do when it has its line here.
 *
 * @param host the one under the hub.
 */
export const callsThatWait = (host: VirtualHost): Call[] => [
  {
    name: 'sleep',
    make: () => ({ wait: () => sleep(100), wake: () => host.advance(100) }),
    killed: 'later',
    unlimited: true,
  },
  {
    name: 'sleep(0)',
    make: () => ({ wait: () => sleep(), wake: noWait }),
    killed: 'later',
    unlimited: true,
    brief: true,
  },
  { name: 'idle', make: () => ({ wait: () => idle(), wake: noWait }), killed: 'later', unlimited: true, brief: true },
  { name: 'greenlet', make: ofValue((greenlet) => greenlet), killed: 'later', unlimited: true },
  { name: 'greenlet.get', make: ofValue((greenlet, options) => greenlet.get(options)), killed: 'later' },
  {
    name: 'greenlet.join',
    make: ofGreenlet((greenlet, options) => greenlet.join(options)),
    killed: 'all',
    late: { gives: false },
  },
  {
    name: 'joinAll',
    make: ofGreenlet((greenlet, options) => joinAll([greenlet], options)),
    killed: 'all',
    late: { gives: [] },
  },
  { name: 'wait', make: ofEvent((event, options) => wait([event], options)), killed: 'all', late: { gives: [] } },
  {
    name: 'killAll',
    make: () => {
      const stop = new Event()
      const stubborn = spawn(function* () {
        try {
          yield* sleep(Infinity)
        } finally {
          yield* stop.wait()
        }
      })
      return {
        wait: (options) =>
          call(function* () {
            yield // so that it has begun
            return yield* killAll([stubborn], undefined, options)
          }),
        wake: () => {
          stop.set()
        },
      }
    },
    killed: 'later',
    late: { gives: false },
  },
  {
    name: 'iwait',
    make: () => {
      const event = new Event()
      const ready = iwait([event])
      return {
        wait: () => ready[Symbol.iterator]().next().value as Operation<unknown>,
        wake: () => {
          event.set()
        },
      }
    },
    killed: 'next',
    unlimited: true,
  },
  { name: 'all', make: ofEvent((event, options) => all([event.wait(), sleep(0)], options)), killed: 'all' },
  { name: 'allSettled', make: ofEvent((event, options) => allSettled([event.wait()], options)), killed: 'all' },
  { name: 'any', make: ofEvent((event, options) => any([event.wait(), sleep(Infinity)], options)), killed: 'all' },
  { name: 'race', make: ofEvent((event, options) => race([event.wait(), sleep(Infinity)], options)), killed: 'all' },
  { name: 'select', make: ofEvent((event, options) => select({ event: event.wait() }, options)), killed: 'all' },
  { name: 'withTimeout', make: ofEvent((event) => withTimeout(1000, event.wait())), killed: 'all', unlimited: true },
  { name: 'scope', make: ofEvent((event, options) => scope(() => event.wait(), options)), killed: 'all' },
  { name: 'supervise', make: ofEvent((event, options) => supervise([() => event.wait()], options)), killed: 'later' },
  {
    name: 'a green function',
    make: ofEvent((event) =>
      green(function* waitFor() {
        return yield* event.wait()
      })(),
    ),
    killed: 'all',
    unlimited: true,
  },
  { name: 'Event.wait', make: ofEvent((event, options) => event.wait(options)), killed: 'all', late: { gives: false } },
  { name: 'AsyncResult', make: ofAsyncResult((result) => result), killed: 'all', unlimited: true },
  { name: 'AsyncResult.get', make: ofAsyncResult((result, options) => result.get(options)), killed: 'all' },
  {
    name: 'AsyncResult.wait',
    make: ofAsyncResult((result, options) => result.wait(options)),
    killed: 'all',
    late: { gives: false },
  },
  ...ofAcquirables(),
  {
    name: 'Condition.wait',
    make: ofCondition((condition, options) => condition.wait(options)),
    killed: 'next',
    late: { gives: false },
  },
  {
    name: 'Condition.waitFor',
    make: () => {
      let holds = false
      const world = ofCondition((condition, options) => condition.waitFor(() => holds, options))()
      return {
        ...world,
        wake: () => {
          holds = true
          world.wake()
        },
      }
    },
    killed: 'next',
    late: { gives: false },
  },
  {
    name: 'Barrier.wait',
    make: (waiters) => {
      const barrier = new Barrier(waiters + 1)
      return {
        wait: (options) => barrier.wait(options),
        wake: () => {
          void barrier.wait().then()
        },
        parked: () => barrier.waiting,
      }
    },
    killed: 'all',
    late: { gives: undefined },
  },
  {
    name: 'WaitGroup.wait',
    make: () => {
      const group = new WaitGroup()
      group.add()
      return {
        wait: (options) => group.wait(options),
        wake: () => {
          group.done()
        },
        parked: () => group.stats().waiting,
      }
    },
    killed: 'all',
    late: { gives: false },
  },
  ...ofQueues(),
  { name: 'Channel.get', make: ofChannel((channel, options) => channel.get(options)), killed: 'next' },
  { name: 'Channel.put', make: ofChannel((channel, options) => channel.put(1, options)), killed: 'nobody' },
  {
    name: 'Group.join',
    make: () => {
      const group = new Group()
      const member = unstarted()
      group.add(member)
      return {
        wait: (options) => group.join(options ?? {}),
        wake: () => member.kill(),
        parked: () => group.stats().joining,
      }
    },
    killed: 'all',
    late: { gives: false },
  },
  // Those that are spawned here end at once, and make room for the next.
  { name: 'Pool.spawn', make: ofPool((pool, options) => pool.spawn(options ?? {}, noWait)), killed: 'all' },
  { name: 'Pool.apply', make: ofPool((pool, options) => pool.apply(options ?? {}, noWait)), killed: 'all' },
  { name: 'Pool.map', make: ofPool((pool, options) => pool.map(noWait, [1], options)), killed: 'later' },
  { name: 'Pool.start', make: ofPool((pool, options) => pool.start(unstarted(), options)), killed: 'all' },
  {
    name: 'Pool.waitAvailable',
    make: ofPool((pool, options) => pool.waitAvailable(options)),
    killed: 'all',
    late: { gives: 0 },
  },
  {
    name: 'until',
    make: () => {
      let resolve: (value: number) => void = noWait
      const promise = new Promise<number>((settle) => {
        resolve = settle
      })
      return {
        wait: (options) => until(promise, options),
        wake: () => {
          resolve(1)
        },
      }
    },
    killed: 'later',
  },
  {
    name: 'suspend',
    make: ofCallbacks((add, options) =>
      suspend<number>(
        (resolve) =>
          add(() => {
            resolve(1)
          }),
        options,
      ),
    ),
    killed: 'nobody',
  },
  {
    name: 'fromCallback',
    make: ofCallbacks((add, options) =>
      fromCallback((callback: NodeCallback, signal) => {
        signal.addEventListener('abort', add(callback))
      }, options),
    ),
    killed: 'nobody',
  },
  {
    name: 'each',
    make: () => {
      let answer: (result: IteratorResult<number>) => void = noWait
      const steps = each({
        [Symbol.asyncIterator]: () => ({
          next: () =>
            new Promise<IteratorResult<number>>((resolve) => {
              answer = resolve
            }),
        }),
      })[Symbol.iterator]()
      return {
        wait: () => steps.next().value as Operation<unknown>,
        wake: () => {
          answer({ done: false, value: 1 })
        },
      }
    },
    killed: 'later',
    unlimited: true,
  },
  {
    name: 'RateLimiter.acquire',
    make: () => {
      const limiter = new RateLimiter({ limit: 1, per: 100 })
      limiter.acquireNowait()
      return {
        wait: (options) => limiter.acquire(1, options),
        wake: () => host.advance(100),
        parked: () => limiter.stats().waiting,
      }
    },
    killed: 'later',
    late: { gives: false },
  },
  {
    name: 'Broadcast.put',
    make: () => {
      const broadcast = new Broadcast<number>(1, { overflow: 'wait' })
      const subscription = broadcast.subscribe()
      broadcast.putNowait(0)
      return {
        wait: (options) => broadcast.put(1, options),
        wake: () => subscription.get().then(),
        parked: () => broadcast.stats().putters,
      }
    },
    killed: 'nobody',
  },
  {
    name: 'Subscription.get',
    make: () => {
      const broadcast = new Broadcast<number>(10)
      const subscription = broadcast.subscribe()
      return {
        wait: (options) => subscription.get(options),
        wake: () => broadcast.putNowait(1),
      }
    },
    killed: 'next',
  },
  {
    name: 'Watch.changed',
    make: () => {
      const watch = new Watch(0)
      return {
        wait: (options) => watch.changed(options),
        wake: () => {
          watch.set(1)
        },
        parked: () => watch.stats().waiting,
      }
    },
    killed: 'all',
  },
  {
    name: 'Watcher.changed',
    make: () => {
      const watch = new Watch(0)
      return {
        wait: (options) => watch.subscribe().changed(options),
        wake: () => {
          watch.set(1)
        },
        parked: () => watch.stats().waiting,
      }
    },
    killed: 'all',
  },
  {
    name: 'a throttled function',
    make: () => {
      const limiter = new RateLimiter({ limit: 1, per: 100 })
      limiter.acquireNowait()
      const throttled = throttle(noWait, limiter)
      return {
        wait: () => throttled(),
        wake: () => host.advance(100),
        parked: () => limiter.stats().waiting,
      }
    },
    killed: 'later',
    unlimited: true,
  },
  {
    name: 'a debounced function',
    make: () => {
      const debounced = debounce(noWait, 100)
      return { wait: () => debounced(), wake: () => host.advance(100) }
    },
    killed: 'later',
    unlimited: true,
  },
  {
    name: 'within',
    make: ofEvent((event) =>
      within(
        (step) => step(),
        () => event.wait(),
      ),
    ),
    killed: 'later',
    unlimited: true,
  },
  ...ofStreams(),
  {
    name: 'retry',
    make: ofEvent((event, options) => retry(() => event.wait(), options)),
    killed: 'later',
  },
  {
    name: 'CircuitBreaker.run',
    make: ofEvent((event) => new CircuitBreaker().run(() => event.wait())),
    killed: 'later',
    unlimited: true,
  },
  {
    name: 'a memoized function',
    make: () => {
      const event = new Event()
      const load = memoize(() => event.wait())
      return {
        wait: () => load(),
        wake: () => {
          event.set()
        },
      }
    },
    killed: 'later',
    unlimited: true,
  },
  {
    name: 'acquireRelease',
    make: ofEvent((event) => acquireRelease(() => event.wait(), noWait)),
    killed: 'all',
    unlimited: true,
  },
]
