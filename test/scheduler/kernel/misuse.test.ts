import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Queue,
  call,
  getCurrent,
  green,
  iwait,
  joinAll,
  killAll,
  race,
  scope,
  select,
  shield,
  sleep,
  spawn,
  until,
  wait,
  type Coroutine,
  type Operation,
} from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from './virtual-host.js'

installVirtualHost()

/** What yielding `value` raises, in a greenlet that goes on afterwards. */
async function raisedBy(value: unknown): Promise<Error> {
  const greenlet = spawn(function* offender(): Coroutine<unknown> {
    let raised: unknown
    try {
      yield value
    } catch (error) {
      raised = error
    }
    yield
    yield* sleep(0)
    return raised
  })
  return (await greenlet) as Error
}

const nonsense: [string, unknown, RegExp][] = [
  ['a number', 42, /yield 42 in offender:.*Queue or `return`/],
  ['zero', 0, /yield 0 in offender:/],
  ['NaN', NaN, /yield NaN in offender:/],
  ['a bigint', 10n, /yield 10 in offender:/],
  ['a text', 'text', /yield "text" in offender:/],
  ['a long text', 'x'.repeat(1000), /yield "x{57}\.\.\." in offender:/],
  ['an empty text', '', /yield "" in offender:/],
  ['a boolean', false, /yield false in offender:/],
  ['null', null, /yield null in offender:.*bare `yield`/],
  ['a symbol', Symbol('s'), /yield Symbol\(s\) in offender:/],
  ['an object', { then: 5 }, /yield an object in offender:/],
  ['an object without a prototype', Object.create(null), /yield an object in offender:/],
  ['a date', new Date(0), /yield a Date in offender:/],
  ['an error', new Error('e'), /yield an Error in offender:/],
  ['an array', [sleep(1), sleep(2)], /yield \[\.\.\.\] in offender:.*all\(\[/],
  ['a Map', new Map(), /yield a Map in offender:/],
  ['an iterator', new Map().values(), /yield an (object|Iterator) in offender:/],
  ['an async generator', (async function* () {})(), /yield an object in offender: an async iterable.*each\(/],
  ['a function', () => undefined, /yield fn in offender:.*forget to call it\?/],
  [
    'a generator function',
    function* worker() {},
    /yield worker in offender:.*`yield\* worker\(\.\.\.\)`.*`spawn\(worker, \.\.\.\)`/,
  ],
  ['a green function', green(function* painter() {}), /yield painter in offender:.*forget to call it\?/],
  ['a class', class Job {}, /yield Job in offender:/],
  ['a wait', sleep(1)[Symbol.iterator](), /yield a.* in offender:/],
]

for (const [name, value, message] of nonsense) {
  test(`yield of ${name} raises a TypeError there, and the greenlet can go on`, async () => {
    const error = await raisedBy(value)
    assert.ok(error instanceof TypeError)
    assert.match(error.message, message)
    assert.equal((error as { code?: string }).code, 'GVENT_BAD_YIELD')
  })
}

test('`yield*` over a list or a text says what is wrong with its items', async () => {
  for (const [iterable, item] of [
    [[1, 2], '1'],
    ['text', '"t"'],
    [new Map([[1, 2]]), '\\[...\\]'],
  ] as const) {
    const greenlet = spawn(function* offender(): Generator {
      yield* iterable
    })
    const error = (await reasonOf(greenlet)) as Error & { code: string }
    assert.match(
      error.message,
      new RegExp(`^yield ${item} in offender: .*an item of what a \`yield\\*\` goes through.*all\\(list\\)`),
    )
    assert.equal(error.code, 'GVENT_BAD_YIELD')
  }
})

test('`yield*` over a list of operations lets kills and errors through', async () => {
  const killed = spawn(function* (): Generator {
    yield* [Promise.resolve(), sleep(Infinity)]
  })
  await quiet()
  await killed.kill()
  assert.ok(killed.successful)
  const refused = new Error('refused')
  const failed = spawn(function* (): Generator {
    yield* [Promise.resolve(), until(Promise.reject(refused))]
  })
  assert.equal(await reasonOf(failed), refused)
})

test('an async function that is yielded is to be called, and waited for as a promise', async () => {
  const error = await raisedBy(async function load() {})
  assert.match(error.message, /Write `yield\* until\(load\(\.\.\.\)\)`/)
})

test('the message of a bad yield names the function that is on top', async () => {
  const inner = green(function* inner() {
    yield 42
  })
  const outer = spawn(function* outer() {
    yield* inner()
  })
  assert.match(String(await reasonOf(outer)), /yield 42 in inner:/)
})

test('yield of an object whose properties raise errors raises those, and the greenlet can go on', async () => {
  const trap = new Error('trap')
  const trapped = () => {
    throw trap
  }
  const values = [
    new Proxy({}, { get: trapped }),
    new Proxy(() => undefined, { get: trapped, has: trapped, getPrototypeOf: trapped }),
    { get then() { return trapped() } }, // prettier-ignore
    { get [Symbol.toStringTag]() { return trapped() } }, // prettier-ignore
  ]
  for (const value of values) assert.equal(await raisedBy(value), trap)
  const nameless = await raisedBy({ get constructor() { return trapped() } }) // prettier-ignore
  assert.match(nameless.message, /yield an object in offender/)
})

test('returning such an object from a plain function ends the greenlet with the error, and the hub goes on', async () => {
  const trap = new Error('trap')
  const trapped = () => {
    throw trap
  }
  for (const value of [
    new Proxy({}, { get: trapped }),
    {
      get then() {
        return trapped()
      },
    },
  ]) {
    // prettier-ignore
    const greenlet = spawn((): unknown => value)
    assert.equal(await reasonOf(greenlet), trap)
    assert.equal(await raisedBy(value), trap)
  }
})

test('something that only says it is a generator is refused', async () => {
  const impostor = { [Symbol.toStringTag]: 'Generator', next: () => ({ done: true, value: 1 }) }
  assert.ok((await raisedBy(impostor)) instanceof TypeError)
  assert.ok((await reasonOf(spawn((): unknown => impostor))) instanceof TypeError)
  assert.equal(await spawn(() => 'the hub goes on'), 'the hub goes on')
})

test('an iterator of one’s own, whose results are odd, raises its error in the greenlet; the hub goes on', async () => {
  const trap = new Error('trap')
  const results = {
    'value raises': { done: false, get value() { throw trap } }, // prettier-ignore
    'done raises': { get done() { throw trap }, value: 1 }, // prettier-ignore
    'no object': 5,
    'a number': { done: false, value: 5 },
  }
  for (const [name, result] of Object.entries(results)) {
    const iterable = { [Symbol.iterator]: () => ({ next: () => result }) } as Iterable<undefined>
    const greenlet = spawn(function* () {
      yield
      yield* iterable
    })
    const error = await reasonOf(greenlet)
    assert.ok(error === trap || error instanceof TypeError, name)
    assert.equal(await spawn(() => 'the hub goes on'), 'the hub goes on')
  }
})

test('a coroutine that is yielded twice is refused the second time', async () => {
  const coroutine = (function* () {
    yield
  })()
  assert.equal(await raisedBy(coroutine), undefined)
  assert.match((await raisedBy(coroutine)).message, /used before.*green\(function\*/)
})

const operations: [string, (queue: Queue<number>) => Operation<unknown>][] = [
  ['a queue', (queue) => queue.get()],
  ['a limited wait', (queue) => queue.get({ timeout: 1000 })],
  ['until', () => until(new Promise(() => undefined))],
  ['a greenlet', () => spawn(() => undefined)],
  ['join', () => spawn(() => undefined).join()],
  ['call', (queue) => call(() => queue.get())],
  ['a green function', (queue) => green(() => queue.get())()],
  ['sleep', () => sleep(1000)],
  ['sleep(0)', () => sleep(0)],
]

for (const [name, make] of operations) {
  test(`waiting for ${name} where no greenlet runs is an error that says so`, async () => {
    const queue = new Queue<number>()
    const coroutine = (function* () {
      yield* make(queue)
    })()
    assert.equal(getCurrent(), undefined)
    assert.throws(() => coroutine.next(), {
      name: 'NotInGreenletError',
      code: 'GVENT_NOT_IN_GREENLET',
      message: /^yield\* .*no greenlet runs here.*spawn\(fn\).*await/,
    })
    assert.equal(queue.stats().getters, 0)
    await quiet()
  })
}

type Misuse = (coroutine: Coroutine<unknown>) => unknown
const misuses: Record<string, Misuse> = {
  'for-of': (coroutine) => {
    for (const item of coroutine) assert.notEqual(item, undefined)
  },
  'for-of with break': (coroutine) => {
    for (const item of coroutine) {
      assert.notEqual(item, undefined)
      break
    }
  },
  spread: (coroutine) => [...coroutine],
  destructuring: (coroutine) => {
    const [first] = coroutine
    return first
  },
  'Array.from': (coroutine) => Array.from(coroutine),
}

for (const [name, make] of operations.filter(([kind]) => kind !== 'sleep(0)')) {
  test(`in a greenlet, ${name} in a generator that a loop drives is an error; nothing of the wait is left`, async () => {
    for (const [way, misuse] of Object.entries(misuses)) {
      const queue = new Queue<number>()
      const greenlet = spawn(function* (): Coroutine<string> {
        function* wrapped(): Coroutine<unknown> {
          return yield* make(queue)
        }
        assert.throws(() => misuse(wrapped()), { name: 'NotInGreenletError', message: /a loop.*Delegate/ }, way)
        assert.throws(() => misuse(make(queue) as never), { name: 'NotInGreenletError' }, way)
        assert.equal(queue.stats().getters, 0, way)
        yield* sleep(0)
        yield* until(Promise.resolve())
        return 'went on'
      })
      assert.equal(await greenlet, 'went on', way)
    }
  })
}

test('two greenlets that delegate to one generator both get an error', async () => {
  const coroutine = (function* () {
    yield* sleep(1000)
  })()
  const share = () =>
    spawn(function* () {
      yield* coroutine
    })
  const reasons = await Promise.all([share(), share()].map(reasonOf))
  for (const reason of reasons) assert.match(String(reason), /NotInGreenletError.*a second greenlet/)
})

test('whoever drives a parked coroutine by hand does not leave its greenlet waiting for ever', async () => {
  const ways: ((coroutine: Coroutine<void>) => unknown)[] = [
    (coroutine) => coroutine.next(),
    (coroutine) => coroutine.throw(new Error('by hand')),
    (coroutine) => coroutine.return(),
  ]
  for (const drive of ways) {
    const coroutine = (function* (): Coroutine<void> {
      yield* sleep(1000)
    })()
    const greenlet = spawn(() => coroutine)
    await quiet()
    assert.throws(() => drive(coroutine))
    assert.match(String(await reasonOf(greenlet)), /NotInGreenletError/)
  }
})

test('an iterator that is kept and driven by hand is noticed at the next wait', async () => {
  const queue = new Queue<number>()
  const greenlet = spawn(function* () {
    queue.get()[Symbol.iterator]().next()
    assert.equal(queue.stats().getters, 1)
    yield* sleep(1)
  })
  assert.match(String(await reasonOf(greenlet)), /TypeError.*Queue\.get/)
  assert.equal(queue.stats().getters, 0)
})

test('options that are no options are refused, with the corrected line', () => {
  const queue = new Queue<number>()
  const refuse = (options: unknown, message: RegExp) => {
    assert.throws(() => queue.get(options as never), { name: /Error$/, code: 'GVENT_BAD_ARGUMENT', message })
  }
  refuse(5, /expected options, got 5; write \{ timeout: 5 \}/)
  refuse(null, /expected options, got null/)
  refuse('text', /expected options, got "text"/)
  refuse({ timeout: '5' }, /\{ timeout \}: expected a number of milliseconds, got "5"/)
  refuse({ timeout: -1 }, /\{ timeout \}: .*got -1/)
  refuse({ timeout: NaN }, /\{ timeout \}: .*got NaN/)
  refuse({ timeout: 5n }, /\{ timeout \}: .*got 5/)
  refuse({ timeout: new Date() }, /\{ timeout \}: .*got a Date/)
  refuse({ signal: new AbortController() }, /\{ signal \}: expected an AbortSignal, got an AbortController/)
})

const misused: [string, () => unknown, RegExp][] = [
  ['joinAll of nothing', () => joinAll(undefined as never), /joinAll\(greenlets\): expected an array, got undefined/],
  ['joinAll of a number', () => joinAll(5 as never), /joinAll\(greenlets\).*got 5; write joinAll\(\[greenlet\]\)/],
  ['joinAll of a hole', () => joinAll([undefined] as never), /expected greenlets, got undefined/],
  ['killAll of nothing', () => killAll(undefined as never), /killAll\(greenlets\): expected an array/],
  ['wait for a number', () => wait(5 as never), /wait\(objects\): expected an array, got 5/],
  ['wait for numbers', () => wait([5] as never), /wait\(objects\): 5 cannot be waited for/],
  ['iwait for numbers', () => iwait([5] as never), /iwait\(objects\): 5 cannot be waited for/],
  ['iwait with a bad limit', () => iwait([], { timeout: -1 }), /iwait: \{ timeout \}.*got -1/],
  ['iwait with a number', () => iwait([], 5 as never), /iwait: expected options, got 5; write \{ timeout: 5 \}/],
  ['select of nothing', () => select(undefined as never), /select\(works\): expected an object.*got undefined/],
  ['select of a number', () => select({ a: 5 } as never), /select\(works\): 5 cannot be waited for/],
  ['race of a number', () => race([5] as never), /race\(works\): 5 cannot be waited for/],
  ['shield of nothing', () => shield(undefined), /shield\(work\): undefined cannot be waited for/],
  ['scope of a coroutine', () => scope((function* () {})() as never), /scope\(body\).*got a coroutine; write scope\(/],
  ['a link to a number', () => spawn(() => 1).link(5 as never), /link\(target\).*got 5; write link\(/],
]
for (const [what, call, message] of misused) {
  test(`${what} is refused at once, with what to write`, () => {
    assert.throws(call, { message, code: 'GVENT_BAD_ARGUMENT' })
  })
}

test('a single operation in the place of a list is named, with the corrected line', () => {
  const greenlet = spawn(() => undefined)
  for (const [name, call] of Object.entries({ joinAll, killAll, race, wait, iwait })) {
    assert.throws(() => (call as (work: unknown) => unknown)(greenlet), {
      code: 'GVENT_BAD_ARGUMENT',
      message: new RegExp(`^${name}\\(\\w+\\): expected an array, got .*; write ${name}\\(\\[`),
    })
  }
})
