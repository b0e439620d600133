import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Event,
  GreenletExit,
  Queue,
  SupervisionError,
  getHub,
  idle,
  sleep,
  spawn,
  supervise,
  until,
  withTimeout,
  type ChildFailure,
  type ChildOptions,
  type Coroutine,
  type Greenlet,
  type RetryPolicy,
  type SuperviseOptions,
} from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()
const silent = { onFailure: () => undefined } satisfies SuperviseOptions

/** Children whose life is written down, and which are told from outside what to do. */
class Stage {
  readonly log: string[] = []
  private readonly orders = new Map<string, Queue<'end' | 'fail'>>()

  child(name: string, options: Partial<ChildOptions> = {}): ChildOptions {
    this.orders.set(name, new Queue())
    return { name, run: () => this.live(name), ...options }
  }

  children(...names: string[]): ChildOptions[] {
    return names.map((name) => this.child(name))
  }

  /** Tells a child what to do, and waits until all has come of it that will without the clock. */
  async tell(name: string, order: 'end' | 'fail'): Promise<void> {
    await quiet()
    this.orders.get(name)!.putNowait(order)
    await quiet()
  }

  /** What was written down since the last time. */
  take(): string[] {
    return this.log.splice(0)
  }

  private *live(name: string): Coroutine<void> {
    this.log.push(`${name} starts`)
    try {
      if ((yield* this.orders.get(name)!.get()) === 'fail') throw new Error(`${name} failed`)
      this.log.push(`${name} ends`)
    } catch (error) {
      if (!(error instanceof GreenletExit)) throw error
      this.log.push(`${name} is stopped`)
      yield* idle()
      this.log.push(`${name} has cleaned up`)
      throw error
    }
  }
}

test('it is over when all children have ended normally', async () => {
  const stage = new Stage()
  const supervisor = spawn(() => supervise([stage.child('a'), stage.child('b')]))
  await quiet()
  assert.deepEqual(stage.take(), ['a starts', 'b starts'])
  await stage.tell('b', 'end')
  assert.equal(supervisor.dead, false)
  await stage.tell('a', 'end')
  assert.equal(supervisor.successful, true)
  assert.equal(supervisor.value, undefined)
})

test('without children it is over at once', async () => {
  await supervise([])
})

test('it does nothing before it is waited for, and starts from the beginning each time', async () => {
  let calls = 0
  const supervising = supervise([() => calls++])
  await quiet()
  assert.equal(calls, 0)
  await supervising
  await supervising
  assert.equal(calls, 2)
})

test('oneForOne: the child that failed is started again, and no other', async () => {
  const stage = new Stage()
  const supervisor = spawn(() => supervise(stage.children('a', 'b', 'c'), silent))
  await quiet()
  stage.take()
  await stage.tell('b', 'fail')
  assert.deepEqual(stage.take(), ['b starts'])
  for (const name of ['a', 'b', 'c']) await stage.tell(name, 'end')
  assert.equal(supervisor.successful, true)
})

test('oneForAll: the others are stopped in reverse order, one after another, and all are started in order', async () => {
  const stage = new Stage()
  const children = stage.children('a', 'b', 'c')
  const supervisor = spawn(() => supervise(children, { ...silent, strategy: 'oneForAll' }))
  await quiet()
  stage.take()
  await stage.tell('b', 'fail')
  assert.deepEqual(stage.take(), [
    'c is stopped',
    'c has cleaned up',
    'a is stopped',
    'a has cleaned up',
    'a starts',
    'b starts',
    'c starts',
  ])
  for (const name of ['a', 'b', 'c']) await stage.tell(name, 'end')
  assert.equal(supervisor.successful, true)
})

test('restForOne: those that were started after the one that failed are stopped and started again with it', async () => {
  const stage = new Stage()
  const children = stage.children('a', 'b', 'c', 'd')
  const supervisor = spawn(() => supervise(children, { ...silent, strategy: 'restForOne' }))
  await quiet()
  stage.take()
  await stage.tell('b', 'fail')
  assert.deepEqual(stage.take(), [
    'd is stopped',
    'd has cleaned up',
    'c is stopped',
    'c has cleaned up',
    'b starts',
    'c starts',
    'd starts',
  ])
  for (const name of ['a', 'b', 'c', 'd']) await stage.tell(name, 'end')
  assert.equal(supervisor.successful, true)
})

test('oneForAll starts those again that had ended normally, but not the temporary ones', async () => {
  const stage = new Stage()
  const children = [stage.child('a'), stage.child('b', { restart: 'temporary' }), stage.child('c')]
  const supervisor = spawn(() => supervise(children, { ...silent, strategy: 'oneForAll' }))
  await quiet()
  await stage.tell('a', 'end')
  stage.take()
  await stage.tell('c', 'fail')
  assert.deepEqual(stage.take(), ['b is stopped', 'b has cleaned up', 'a starts', 'c starts'])
  for (const name of ['a', 'c']) await stage.tell(name, 'end')
  assert.equal(supervisor.successful, true)
})

test('children that fail together are restarted once with oneForAll, and the error of each is told', async () => {
  const failures: string[] = []
  let starts = 0
  const gate = new Event()
  function* child(): Coroutine<void> {
    const first = ++starts <= 2
    yield* gate.wait()
    if (first) throw new Error(`start ${starts}`)
  }
  const options: SuperviseOptions = {
    strategy: 'oneForAll',
    onFailure: ({ child: name, delay }) => failures.push(`${name}: ${delay}`),
  }
  const supervisor = spawn(() =>
    supervise(
      [
        { name: 'a', run: child },
        { name: 'b', run: child },
      ],
      options,
    ),
  )
  await quiet()
  gate.set()
  await supervisor
  assert.equal(starts, 4)
  assert.deepEqual(failures, ['a: 0', 'b: undefined'])
})

test('a permanent child is started again after a normal end, and after a kill by somebody else', async () => {
  const greenlets: Greenlet[] = []
  const child = (): Coroutine<void> => {
    greenlets.push(getHub().greenlets()[0]!)
    return live()
  }
  const gate = new Queue<void>()
  const live = function* (): Coroutine<void> {
    yield* gate.get()
  }
  const supervisor = spawn(() => supervise([{ run: child, restart: 'permanent' }], { intensity: Infinity }))
  await quiet()
  gate.putNowait()
  await quiet()
  assert.equal(greenlets.length, 2)
  greenlets[1]!.kill()
  await quiet()
  assert.equal(greenlets.length, 3)
  await supervisor.kill()
})

test('a transient child, which is the default, is not started again after a kill', async () => {
  const started: string[] = []
  const supervisor = spawn(() =>
    supervise([
      function* only() {
        started.push('only')
        yield* sleep(Infinity)
      },
    ]),
  )
  await quiet()
  const child = getHub()
    .greenlets()
    .find(({ name }) => name === 'only')
  assert.equal(child?.parent, supervisor)
  child.kill()
  await supervisor
  assert.deepEqual(started, ['only'])
})

test('a temporary child is never started again, and its error is told', async () => {
  const failures: ChildFailure[] = []
  const error = new Error('failed')
  const run = (): never => {
    throw error
  }
  await supervise([{ name: 'once', run, restart: 'temporary' }], { onFailure: (failure) => failures.push(failure) })
  assert.deepEqual(failures, [{ child: 'once', error, restarts: 0, delay: undefined }])
})

test('by default one restart within 5 seconds is allowed; the second stops all and raises which, how often and why', async () => {
  const stage = new Stage()
  const supervisor = spawn(() => supervise(stage.children('a', 'b', 'c'), silent))
  const reason = reasonOf(supervisor)
  await stage.tell('b', 'fail')
  await host.advance(4999)
  stage.take()
  await stage.tell('b', 'fail')
  const error = await reason
  assert.ok(error instanceof SupervisionError)
  assert.equal(error.name, 'SupervisionError')
  assert.equal(error.code, 'GVENT_SUPERVISION')
  assert.equal(error.child, 'b')
  assert.equal(error.restarts, 2)
  assert.equal((error.cause as Error).message, 'b failed')
  assert.equal(
    error.message,
    'supervise: "b" has ended twice and would have to be restarted; that is restart 2 within 5000 ms, and 1 is allowed',
  )
  assert.deepEqual(stage.take(), ['c is stopped', 'c has cleaned up', 'a is stopped', 'a has cleaned up'])
})

test('restarts that are longer ago than the period do not count', async () => {
  const stage = new Stage()
  const supervisor = spawn(() => supervise([stage.child('a')], { ...silent, period: 1000 }))
  for (let count = 0; count < 5; count++) {
    await stage.tell('a', 'fail')
    await host.advance(1001)
  }
  await stage.tell('a', 'end')
  assert.equal(supervisor.successful, true)
})

test('the restarts of all children count together', async () => {
  const stage = new Stage()
  const options = { ...silent, intensity: 2 }
  const supervisor = spawn(() => supervise(stage.children('a', 'b', 'c'), options))
  const reason = reasonOf(supervisor)
  await stage.tell('a', 'fail')
  await stage.tell('b', 'fail')
  assert.equal(supervisor.dead, false)
  await stage.tell('c', 'fail')
  const error = await reason
  assert.ok(error instanceof SupervisionError)
  assert.equal(error.child, 'c')
  assert.equal(error.restarts, 1)
  assert.match(error.message, /"c" has ended once .* restart 3 within 5000 ms, and 2 are allowed$/)
})

test('with an intensity of 0 the first failure is the end', async () => {
  const cause = new Error('failed')
  const error = await reasonOf(
    supervise(
      [
        () => {
          throw cause
        },
      ],
      { intensity: 0 },
    ),
  )
  assert.ok(error instanceof SupervisionError)
  assert.equal(error.cause, cause)
  assert.match(error.message, /and none is allowed$/)
})

test('the policy of retry is one of supervise: as many attempts, the same pauses, the same errors', async () => {
  const policy: RetryPolicy = {
    attempts: 3,
    backoff: { initial: 100 },
    jitter: 0,
    while: (error, attempt) => {
      asked.push([(error as Error).message, attempt])
      return true
    },
  }
  const asked: unknown[] = []
  const delays: unknown[] = []
  const fail = (): never => {
    throw new Error('no')
  }
  const onFailure = ({ delay }: ChildFailure): void => void delays.push(delay)
  const reason = reasonOf(supervise([fail], { ...policy, onFailure }))
  await host.advance(100)
  await host.advance(200)
  const error = await reason
  assert.ok(error instanceof SupervisionError)
  assert.equal(error.restarts, 3)
  assert.deepEqual(delays, [100, 200])
  assert.deepEqual(asked, [
    ['no', 1],
    ['no', 2],
  ])
})

test('after an error that `while` refuses, the others are stopped and the supervisor gives up', async () => {
  const stage = new Stage()
  const supervisor = spawn(() =>
    supervise([stage.child('a'), stage.child('b')], { ...silent, attempts: 9, while: () => false }),
  )
  const reason = reasonOf(supervisor)
  await stage.tell('a', 'fail')
  const error = await reason
  assert.ok(error instanceof SupervisionError)
  assert.deepEqual([error.child, error.restarts, (error.cause as Error).message], ['a', 1, 'a failed'])
  assert.match(error.message, /"a" ended with an error after which { while } allows no restart$/)
  assert.deepEqual(stage.take(), ['a starts', 'b starts', 'b is stopped', 'b has cleaned up'])
})

test('errors of children that were not dealt with before the end are told', async () => {
  const failures: string[] = []
  const fail = (name: string) => ({
    name,
    run: () => {
      throw new Error(name)
    },
  })
  const onFailure = ({ child }: ChildFailure): void => void failures.push(child)
  const error = await reasonOf(supervise([fail('a'), fail('b'), fail('c')], { intensity: 0, onFailure }))
  assert.equal((error as SupervisionError).child, 'a')
  assert.deepEqual(failures, ['b', 'c'])
})

test('a supervisor in a supervisor: the outer one restarts the inner one when that gives up', async () => {
  const stage = new Stage()
  const inner = supervise([stage.child('a'), stage.child('b')], { ...silent, intensity: 0 })
  const supervisor = spawn(() => supervise([stage.child('c'), inner], silent))
  const reason = reasonOf(supervisor)
  await quiet()
  stage.take()
  await stage.tell('a', 'fail')
  assert.deepEqual(stage.take(), ['b is stopped', 'b has cleaned up', 'a starts', 'b starts'])
  await stage.tell('a', 'fail')
  const error = await reason
  assert.ok(error instanceof SupervisionError)
  assert.equal(error.child, 'supervise')
  assert.ok(error.cause instanceof SupervisionError)
  assert.equal(error.cause.child, 'a')
  assert.deepEqual(stage.take(), ['b is stopped', 'b has cleaned up', 'c is stopped', 'c has cleaned up'])
})

test('a kill stops the children in reverse order and waits for their cleanup', async () => {
  const stage = new Stage()
  const supervisor = spawn(() => supervise(stage.children('a', 'b', 'c')))
  await quiet()
  stage.take()
  await supervisor.kill()
  assert.ok((supervisor.value as unknown) instanceof GreenletExit)
  assert.deepEqual(stage.take(), [
    'c is stopped',
    'c has cleaned up',
    'b is stopped',
    'b has cleaned up',
    'a is stopped',
    'a has cleaned up',
  ])
})

test('whatever is raised while the children are stopped, none is left behind', async () => {
  const stage = new Stage()
  const supervisor = spawn(() => supervise(stage.children('a', 'b')))
  await quiet()
  stage.take()
  const error = new Error('a second kill')
  supervisor.kill()
  await Promise.resolve()
  supervisor.kill(error)
  await supervisor.join()
  assert.deepEqual(stage.take(), ['b is stopped', 'b has cleaned up', 'a is stopped', 'a has cleaned up'])
})

test('a kill while the siblings are being stopped for a restart stops all', async () => {
  const stage = new Stage()
  const cleanup = new Event()
  function* slow(): Coroutine<void> {
    try {
      yield* sleep(Infinity)
    } finally {
      yield* cleanup.wait()
      stage.log.push('slow has cleaned up')
    }
  }
  const children = [stage.child('a'), stage.child('b'), slow]
  const supervisor = spawn(() => supervise(children, { ...silent, strategy: 'oneForAll' }))
  await stage.tell('a', 'fail')
  stage.take()
  supervisor.kill()
  await quiet()
  assert.equal(supervisor.dead, false)
  cleanup.set()
  await supervisor.join()
  assert.deepEqual(stage.take(), ['slow has cleaned up', 'b is stopped', 'b has cleaned up'])
})

test('a time limit stops the children before it is raised', async () => {
  const stage = new Stage()
  const limited = spawn(() => withTimeout(1000, supervise([stage.child('a')]), { value: 'time is up' }))
  await host.advance(1000)
  assert.equal(await limited, 'time is up')
  assert.deepEqual(stage.take(), ['a starts', 'a is stopped', 'a has cleaned up'])
})

test('a child that does not clean up within its grace is interrupted again, and then comes the next', async () => {
  const stage = new Stage()
  function* slow(): Coroutine<void> {
    try {
      yield* sleep(Infinity)
    } finally {
      try {
        yield* sleep(60_000)
      } catch (error) {
        stage.log.push(`slow: ${(error as Error).message}`)
      }
    }
  }
  const supervisor = spawn(() => supervise([stage.child('a'), { run: slow, shutdown: 200 }]))
  await quiet()
  stage.take()
  supervisor.kill()
  await host.advance(199)
  assert.deepEqual(stage.take(), [])
  await host.advance(1)
  await supervisor.join()
  assert.deepEqual(stage.take(), [
    'slow: it was killed, and did not end within 200 ms',
    'a is stopped',
    'a has cleaned up',
  ])
})

test('the backoff grows with every restart, up to its limit, and starts anew after a period without one', async () => {
  const stage = new Stage()
  const delays: (number | undefined)[] = []
  const options: SuperviseOptions = {
    intensity: Infinity,
    period: 1000,
    backoff: { initial: 10, factor: 3, max: 100, jitter: 0 },
    onFailure: ({ delay }) => delays.push(delay),
  }
  const supervisor = spawn(() => supervise([stage.child('a')], options))
  await quiet()
  for (const delay of [10, 30, 90, 100, 100]) {
    await stage.tell('a', 'fail')
    stage.take()
    await host.advance(delay - 1)
    assert.deepEqual(stage.take(), [])
    await host.advance(1)
    assert.deepEqual(stage.take(), ['a starts'])
  }
  await host.advance(1000)
  await stage.tell('a', 'fail')
  assert.deepEqual(delays, [10, 30, 90, 100, 100, 10])
  await host.advance(10)
  await stage.tell('a', 'end')
  await supervisor
})

test('jitter takes a random part of the delay off', async () => {
  const numbers = [0, 0.5, 1]
  const delays: (number | undefined)[] = []
  let runs = 0
  const options: SuperviseOptions = {
    intensity: Infinity,
    backoff: { initial: 100, factor: 1, jitter: 0.2, random: () => numbers.shift()! },
    onFailure: ({ delay }) => delays.push(delay),
  }
  const supervisor = spawn(() =>
    supervise(
      [
        () => {
          if (runs++ < 3) throw new Error('failed')
        },
      ],
      options,
    ),
  )
  await host.advance(300)
  await supervisor
  assert.deepEqual(delays, [100, 90, 80])
})

test('while one child waits for its restart, the others are looked after', async () => {
  const stage = new Stage()
  const options = { ...silent, intensity: 5, backoff: { initial: 1000, jitter: 0 } }
  const supervisor = spawn(() => supervise([stage.child('a'), stage.child('b')], options))
  await stage.tell('a', 'fail')
  stage.take()
  await host.advance(500)
  await stage.tell('b', 'fail')
  await host.advance(500)
  assert.deepEqual(stage.take(), ['a starts'])
  await host.advance(500)
  assert.deepEqual(stage.take(), ['b starts'])
  await stage.tell('a', 'end')
  await stage.tell('b', 'end')
  await supervisor
})

test('a kill while a child waits for its restart is the end of it', async () => {
  const stage = new Stage()
  const supervisor = spawn(() => supervise([stage.child('a')], { ...silent, backoff: {} }))
  await stage.tell('a', 'fail')
  stage.take()
  await supervisor.kill()
  assert.equal(host.pendingTimers, 0)
  await host.advance(1000)
  assert.deepEqual(stage.take(), [])
})

test('an error in the cleanup of a child that is stopped is told', async () => {
  const failures: ChildFailure[] = []
  const error = new Error('cleanup failed')
  const supervisor = spawn(() =>
    supervise(
      [
        function* bad() {
          try {
            yield* sleep(Infinity)
          } finally {
            // eslint-disable-next-line no-unsafe-finally -- what this test is about
            throw error
          }
        },
      ],
      { onFailure: (failure) => failures.push(failure) },
    ),
  )
  await quiet()
  await supervisor.kill()
  assert.deepEqual(failures, [{ child: 'bad', error, restarts: 0, delay: undefined }])
})

test('by default failures are reported, and are no failure of the program', async () => {
  let runs = 0
  await supervise([
    function worker() {
      if (runs++ === 0) throw new Error('the first time')
    },
    {
      name: 'unimportant',
      restart: 'temporary',
      run() {
        throw new Error('just so')
      },
    },
  ])
  const reports = host.takeReports()
  assert.equal(reports.length, 2)
  assert.match(reports[0]!, /^supervise: "worker" ended with an error and is restarted now:\nError: the first time\n/)
  assert.match(reports[1]!, /^supervise: "unimportant" ended with an error and is not restarted:\nError: just so\n/)
  assert.equal(host.failed, false)
})

test('an onFailure that fails itself is reported, and so is what it was told', async () => {
  const error = new Error('failed')
  await supervise(
    [
      {
        name: 'a',
        restart: 'temporary',
        run() {
          throw error
        },
      },
    ],
    {
      onFailure() {
        throw new Error('log is full')
      },
    },
  )
  const reports = host.takeReports()
  assert.match(reports[0]!, /onFailure } itself failed:\nError: log is full/)
  assert.match(reports[1]!, /"a" ended with an error:\nError: failed/)
  assert.equal(host.failed, true)
  host.failed = false
})

test('children may be plain functions, operations, functions that return promises, and objects with a method run', async () => {
  const ran: unknown[] = []
  await supervise([
    () => void ran.push('function'),
    until(() => Promise.resolve(ran.push('operation'))),
    async () => void ran.push('promise'),
    {
      *run() {
        yield
        ran.push(Object.keys(this))
      },
    },
  ])
  assert.deepEqual(ran, ['function', 'operation', 'promise', ['run']])
})

test('wrong arguments are refused at once, with the corrected line', () => {
  const refused = (children: unknown, options?: unknown): string => {
    let message = 'nothing was raised'
    assert.throws(
      () => supervise(children as [], options as SuperviseOptions),
      (error: Error & { code?: string }) => {
        message = `${error.name}: ${error.message}`
        return error.code === 'GVENT_BAD_ARGUMENT'
      },
    )
    return message
  }
  function* serve(): Coroutine<void> {}
  assert.equal(
    refused(serve),
    'TypeError: supervise(children): expected an array, got function serve; write supervise([serve, poll])',
  )
  assert.equal(
    refused([serve, serve()]),
    'TypeError: supervise(children): child 2 is a coroutine; it runs only once; pass the function that it was made from',
  )
  assert.match(refused([spawn(serve)]), /child 1 is a Greenlet; it runs only once/)
  assert.equal(
    refused([5]),
    'TypeError: supervise(children): child 1 is 5; pass a function, or { run: fn, restart, shutdown }',
  )
  assert.equal(
    refused([], { strategy: 'one_for_all' }),
    `TypeError: supervise(children, { strategy }): got "one_for_all"; write 'oneForAll'`,
  )
  assert.match(refused([], { strategy: 'all' }), /write 'oneForOne', 'oneForAll' or 'restForOne'$/)
  assert.match(
    refused([{ run: serve, restart: 'always' }]),
    /{ restart } must be 'permanent', 'transient' or 'temporary', got "always"$/,
  )
  assert.match(refused([{ run: serve, shutdown: -1 }]), /child 1: { shutdown }: expected milliseconds from 0/)
  assert.match(refused([], { intensity: -1 }), /{ intensity }\): expected a whole number from 0, got -1/)
  assert.match(refused([], { attempts: 0 }), /{ attempts }\): expected a whole number from 1, got 0/)
  assert.match(refused([], { while: 5 }), /{ while } must be a function, got 5/)
  assert.match(refused([], { jitter: true }), /{ jitter } must be a number from 0 to 1, got true/)
  assert.match(refused([], { period: NaN }), /{ period }\): expected milliseconds from 0/)
  assert.match(refused([], { backoff: { initial: -1 } }), /{ backoff }\): { initial }: expected milliseconds from 0/)
  assert.match(refused([], { backoff: { factor: 0.5 } }), /{ factor } must be a number from 1, got 0.5/)
  assert.match(refused([], { backoff: { jitter: 2 } }), /{ jitter } must be a number from 0 to 1, got 2/)
  assert.match(refused([], { backoff: { random: 4 } }), /{ random } must be a function, got 4/)
})
