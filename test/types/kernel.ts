// Nothing here runs: that it compiles is the test.
import { HTTPServer, connect, listen, subprocess } from 'gvent'
import {
  Barrier,
  Greenlet,
  Operation,
  Queue,
  Timeout,
  all,
  allSettled,
  call,
  getCurrent,
  green,
  idle,
  iwait,
  joinAll,
  race,
  run,
  sleep,
  scope,
  spawn,
  spawnLater,
  until,
  withTimeout,
  type Coroutine,
  type GreenletState,
  type Settled,
} from 'gvent/scheduler'
import { expectType } from './expect-type.js'

function* text(length: number): Coroutine<string> {
  yield* sleep(1)
  return 'x'.repeat(length)
}
function* inferred(name: string) {
  yield* sleep(1)
  const response = yield* until(Promise.resolve({ name }))
  return response.name.length
}

export function* spawning(): Coroutine<void> {
  expectType<Greenlet<string>>()(spawn(text, 3))
  expectType<Greenlet<number>>()(spawn(inferred, 'name'))
  expectType<Greenlet<number>>()(spawnLater(5, inferred, 'name'))
  expectType<Promise<number>>()(run(inferred, 'name'))
  expectType<string>()(yield* spawn(text, 3))
  expectType<string>()(yield* spawn(text, 3).get())
  expectType<boolean>()(yield* spawn(text, 3).join({ timeout: 5 }))
  expectType<boolean>()(yield* spawn(text, 3).kill())
  expectType<Greenlet<string>>()(spawn(() => Promise.resolve('text')))
  expectType<Greenlet<number>>()(spawn(async (x: number) => x, 5))
  expectType<Greenlet<string>>()(spawn(() => spawn(text, 3)))
  expectType<Greenlet<void>>()(spawn(() => sleep(5)))
  expectType<Greenlet<undefined>>()(spawn(() => undefined))
  expectType<Greenlet<number>>()(spawn(<T>(x: T) => x, Number('5')))
  expectType<Greenlet<string>>()(spawn(green(text), 3))
  expectType<Greenlet<number>>()(
    spawn(function* () {
      return (yield* spawn(text, 3)).length
    }),
  )

  // @ts-expect-error -- an argument is missing
  spawn(text)
  // @ts-expect-error -- an argument is of the wrong type
  spawn(text, 'three')
  // @ts-expect-error -- there is one argument too many
  spawn(text, 3, 4)
  // @ts-expect-error -- the coroutine in place of the function
  spawn(text(3))
  // @ts-expect-error -- no function at all
  spawn(5)
  // @ts-expect-error -- the time is missing
  spawnLater(text, 3)
  // @ts-expect-error -- an argument is of the wrong type
  void run(inferred, 5)
}

export function* greenlets(greenlet: Greenlet<string>): Coroutine<void> {
  expectType<string | undefined>()(greenlet.value)
  expectType<unknown>()(greenlet.error)
  expectType<GreenletState>()(greenlet.state)
  expectType<Greenlet<string>>()(greenlet.start())
  expectType<Greenlet | undefined>()(greenlet.parent)
  expectType<Greenlet | undefined>()(getCurrent())
  expectType<Promise<number>>()(greenlet.then((value) => value.length))
  expectType<() => void>()(greenlet.link((ended) => ended.value?.length))
  expectType<boolean>()(yield* greenlet.kill(new Error('stop')))
  const any: Greenlet = greenlet
  expectType<unknown>()(yield* any)

  // @ts-expect-error -- not an error
  greenlet.kill('stop')
  // @ts-expect-error -- a number in place of the options
  void greenlet.get(5)
  // @ts-expect-error -- no such option
  void greenlet.join({ timout: 5 })
  // @ts-expect-error -- not a duration
  void greenlet.join({ timeout: '5' })
  // @ts-expect-error -- it is read-only
  greenlet.value = 'other'
}

export class Job extends Greenlet<number> {
  constructor(readonly size: number) {
    super()
  }

  override *run(): Coroutine<number> {
    yield* sleep(1)
    return this.size
  }
}

export function* subclasses(): Coroutine<void> {
  expectType<Job>()(new Job(5).start())
  expectType<number>()(yield* new Job(5).start())
}

const double = green(function* double(x: number) {
  yield* sleep(1)
  return 2 * x
})

export function* greenFunctions(): Coroutine<void> {
  expectType<number>()(yield* double(2))
  expectType<Operation<number>>()(double(2))
  expectType<string>()(yield* call(text, 3))
  expectType<number>()(yield* call(inferred, 'name'))
  expectType<number>()(yield* call((x: number) => x, 3))
  expectType<string>()(yield* call(async () => 'text'))
  expectType<string>()(yield* green(() => spawn(text, 3))())
  expectType<string>()(yield* green(async () => 'text')())

  // @ts-expect-error -- an argument is of the wrong type
  void double('two')
  // @ts-expect-error -- an argument is of the wrong type
  void call(text, 'three')
  // @ts-expect-error -- not a function
  green(5)
}

export async function outside(): Promise<void> {
  expectType<number>()(await double(2))
  expectType<string>()(await spawn(text, 3))
  expectType<string>()(await spawn(text, 3).get({ timeout: 5 }))
  expectType<void>()(await sleep(5))
  expectType<string | null>()(await withTimeout(5, () => text(3), { value: null }))
}

export function* bridges(promise: Promise<Date>): Coroutine<void> {
  expectType<Date>()(yield* until(promise))
  expectType<string>()(yield* until((signal) => Promise.resolve(String(signal.aborted))))
  expectType<string>()(yield* until(async () => 'text'))
  expectType<void>()(yield* sleep(5))
  expectType<void>()(yield* idle())

  // @ts-expect-error -- not a promise
  void until(5)
  // @ts-expect-error -- the function gives no promise
  void until(() => 5)
}

export function* limits(): Coroutine<void> {
  expectType<string>()(yield* withTimeout(5, spawn(text, 3)))
  expectType<string>()(yield* withTimeout(5, text(3)))
  expectType<string>()(yield* withTimeout(5, text(3), { signal: AbortSignal.abort() }))
  expectType<string>()(yield* withTimeout(5, () => text(3)))
  expectType<string>()(yield* withTimeout(null, async () => 'text'))
  expectType<Date>()(yield* withTimeout(5, Promise.resolve(new Date())))
  expectType<string | null>()(yield* withTimeout(5, text(3), { value: null }))
  expectType<string | undefined>()(yield* withTimeout(new Timeout(5), text(3), { value: undefined }))
  expectType<number>()(yield* withTimeout(5, double(2), { value: Number('0') }))
  using timeout = Timeout.start(5)
  expectType<Timeout>()(timeout)

  // @ts-expect-error -- not a duration
  void withTimeout('5', text(3))
  // @ts-expect-error -- not an error
  new Timeout(5, 42)
}

export function* queues(): Coroutine<void> {
  const queue = new Queue<{ id: number }>(5)
  expectType<{ id: number }>()(yield* queue.get({ timeout: 5 }))
  expectType<{ id: number }>()(queue.getNowait())
  expectType<void>()(yield* queue.put({ id: 1 }))

  // @ts-expect-error -- not an item of this queue
  void queue.put({ name: 'x' })
}

export function* several(): Coroutine<void> {
  expectType<[string, number, Date]>()(yield* all([text(3), double(2), Promise.resolve(new Date())]))
  expectType<string | number>()(yield* race([text(3), double(2)]))
  expectType<[Greenlet<string>]>()(yield* joinAll([spawn(text, 3)]))
  // In the order in which they ended: any of them may be the first.
  type Either = Greenlet<string> | Greenlet<number>
  const both = [spawn(text, 3), spawn(double, 2)] as const
  expectType<[Either, Either]>()(yield* joinAll([spawn(text, 3), spawn(double, 2)], { raiseError: true }))
  expectType<[Either, Either]>()(yield* joinAll(both))
  expectType<Either[]>()(yield* joinAll(both, { timeout: 5 }))
  expectType<Either[]>()(yield* joinAll(both, { count: 1 }))
  expectType<Greenlet<string>[]>()(yield* joinAll(['a', 'b'].map(() => spawn(text, 3))))
  expectType<Greenlet<string>[]>()(yield* joinAll(new Set([spawn(text, 3)])))
  expectType<[string, number]>()(yield* all(both))
  expectType<[Settled<string>, Settled<number>]>()(yield* allSettled(both))
  expectType<[string, Date]>()(
    yield* scope(function* () {
      return [yield* text(3), new Date()]
    }),
  )
  expectType<number>()(yield* scope(() => 5))
  expectType<string>()(
    yield* scope(function* () {
      return yield* text(3)
    }),
  )
  expectType<number[]>()(
    yield* scope(function* () {
      return [1, 2].map((one) => one)
    }),
  )
}

export async function turns(greenlet: Greenlet<string>, timeout: number | undefined): Promise<void> {
  for (const next of iwait([greenlet])) expectType<Operation<Greenlet<string>>>()(next)
  for (const next of iwait([greenlet], { timeout: 5 })) expectType<Operation<Greenlet<string> | undefined>>()(next)
  // TypeScript must not take a greenlet for its value.
  for await (const ended of iwait([greenlet])) expectType<Greenlet<string>>()(ended)
  for await (const ended of iwait([greenlet], { timeout })) expectType<Greenlet<string>>()(ended)
}

export function* barriers(barrier: Barrier): Coroutine<void> {
  expectType<number>()(yield* barrier.wait())
  expectType<number | undefined>()(yield* barrier.wait({ timeout: 5 }))
}

/** Options that may be missing can be passed on as they are. */
export function* missing(port: number | undefined, flag: boolean | undefined): Coroutine<void> {
  yield* connect({ port, tls: flag, noDelay: flag })
  yield* listen({ port, backlog: port, exclusive: flag })
  yield* new HTTPServer({ port, spawn: port, keepAliveTimeout: port }, () => new Response()).start()
  yield* subprocess.run('true', { text: true, maxBuffer: port, check: flag })
  new Queue(5).shutdown({ immediate: flag })
}

export function* nesting(): Coroutine<void> {
  // A plain `yield` gives `unknown`, never `any`.
  expectType<unknown>()(yield text(3))
  // Native delegation keeps the type through any number of functions.
  expectType<string>()(yield* text(3))
  expectType<number>()(yield* inferred('name'))
}

export class Tick extends Operation<number> {
  override beginWait(wait: Parameters<Operation<number>['beginWait']>[0]): void {
    wait.resolve(1)
    // @ts-expect-error -- not a result of this operation
    wait.resolve('one')
  }

  override cancelWait(): void {
    // There is nothing to undo.
  }
}
