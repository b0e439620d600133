import { test } from 'node:test'
import { AsyncResult, Channel, Event, LifoQueue, PriorityQueue, Queue, Semaphore, race } from 'gvent'
import { searchLinearizability, type Call } from './linearizability.js'
import {
  first,
  instantly,
  last,
  queueCalls,
  queueOf,
  semaphoreOf,
  smallest,
  type Items,
  type QueueCall,
} from './specifications.js'

for (const [name, specification] of Object.entries({
  'Queue of 1': queueOf(() => new Queue(1), 1),
  'Queue of 2': queueOf(() => new Queue(2), 2),
  'Queue without a limit': queueOf(() => new Queue(), Infinity),
  'LifoQueue of 2': queueOf(() => new LifoQueue(2), 2, last),
  'PriorityQueue of 2': queueOf(() => new PriorityQueue(2), 2, smallest),
  Channel: queueOf(() => new Channel(), 0),
})) {
  test(`${name} is linearisable`, () => searchLinearizability(specification, 1))
}

for (const initial of [0, 1, 2]) {
  test(`Semaphore of ${initial} is linearisable`, () =>
    searchLinearizability(
      semaphoreOf(() => new Semaphore(initial), initial),
      2,
    ))
}

// ---- Events and results

const eventCalls: (() => Call<Event, boolean>)[] = [
  () => ({
    name: 'set()',
    run: (event) => instantly(() => event.set()),
    effects: () => [{ state: true, result: undefined }],
  }),
  () => ({
    name: 'set(); clear()',
    run: (event) =>
      instantly(() => {
        event.set()
        event.clear()
      }),
    // Between the two everybody goes on who waits.
    effects: () => [{ state: true, result: undefined }],
    end: () => false,
  }),
  () => ({
    name: 'clear()',
    run: (event) => instantly(() => event.clear()),
    effects: () => [{ state: false, result: undefined }],
  }),
  () => ({
    name: 'wait()',
    run: (event) => event.wait(),
    effects: (isSet) => (isSet ? [{ state: isSet, result: true }] : []),
  }),
  () => ({
    name: 'wait({ timeout })',
    run: (event) => event.wait({ timeout: 5 }),
    effects: (isSet) => [{ state: isSet, result: isSet }],
  }),
]

test('Event is linearisable', () =>
  searchLinearizability({ make: () => new Event(), initial: false, calls: eventCalls }, 3))

interface Result {
  readonly value: number | null
}

const resultCalls: ((number: number) => Call<AsyncResult<number>, Result>)[] = [
  (value) => ({
    name: `set(${value})`,
    run: (result) =>
      instantly(() => {
        if (result.ready) return 'was set'
        result.set(value)
        return 'set'
      }),
    effects: (state) => [state.value === null ? { state: { value }, result: 'set' } : { state, result: 'was set' }],
  }),
  () => ({
    name: 'get()',
    run: (result) => result.get(),
    effects: (state) => (state.value === null ? [] : [{ state, result: state.value }]),
  }),
]

test('AsyncResult is linearisable', () =>
  searchLinearizability({ make: () => new AsyncResult<number>(), initial: { value: null }, calls: resultCalls }, 4))

// ---- One of two queues

type Side = 'left' | 'right'
type Queues = Record<Side, Queue<number>>
type Pair = Record<Side, Items>

const single = queueCalls(Infinity, first)

/** A call for one of the two queues. */
function on(side: Side, makeCall: QueueCall): (number: number) => Call<Queues, Pair> {
  return (number) => {
    const call = makeCall(number)
    return {
      name: `${side}.${call.name}`,
      run: (queues) => call.run(queues[side]),
      effects: (pair) =>
        call.effects(pair[side]).map((effect) => ({ ...effect, state: { ...pair, [side]: effect.state } })),
      undo: (pair, taken) => ({ ...pair, [side]: call.undo!(pair[side], taken) }),
    }
  }
}

const getEither = (): Call<Queues, Pair> => {
  const get = single.get(0)
  return {
    name: 'race([left.get(), right.get()])',
    run: ({ left, right }) => race([left.get(), right.get()]),
    effects: (pair) =>
      (['left', 'right'] as const).flatMap((side) =>
        get.effects(pair[side]).map(({ state, result, taken }) => ({
          state: { ...pair, [side]: state },
          result,
          taken: { side, taken },
        })),
      ),
    undo: (pair, from) => {
      const { side, taken } = from as { side: Side; taken: unknown }
      return { ...pair, [side]: get.undo!(pair[side], taken) }
    },
  }
}

test('a race for the items of two queues is linearisable', () => {
  const empty: Items = { entries: [], arrivals: 0, closed: false }
  return searchLinearizability(
    {
      make: () => ({ left: new Queue<number>(), right: new Queue<number>() }),
      initial: { left: empty, right: empty },
      calls: [
        getEither,
        getEither,
        on('left', single.put),
        on('right', single.put),
        on('left', single.get),
        on('right', single.get),
      ],
    },
    5,
  )
})
