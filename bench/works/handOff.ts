import { elapsedTime } from '../gauges.js'
import type { Run, Work } from '../work.js'

/**
 * One operation: a value goes from one task to another, which was waiting for it and answers the same way. Every value
 * costs one switch of tasks, so a queue that buffers gains nothing.
 */
export const handOff: Work = {
  name: 'hand-off',
  title: 'two tasks pass a value to and fro',
  unit: 'ns',
  gauge: elapsedTime,
  operations: 400_000,
  warmups: 3,
  rounds: 7,
  peers: [
    {
      name: 'gvent',
      note: 'Queues: yield* put, yield* get',
      load: async () => {
        function* player(from: NumberQueue, to: NumberQueue, turns: number) {
          for (let turn = 0; turn < turns; turn++) yield* to.put((yield* from.get()) + 1)
        }
        return greenGame(player)
      },
    },
    {
      name: 'gvent, putNowait',
      note: 'Queues: putNowait, yield* get',
      load: async () => {
        function* player(from: NumberQueue, to: NumberQueue, turns: number) {
          for (let turn = 0; turn < turns; turn++) to.putNowait((yield* from.get()) + 1)
        }
        return greenGame(player)
      },
    },
    {
      name: 'async/await',
      // The same interface: both sides can be made to wait, so both are awaited.
      note: 'a queue of promises: await put, await get',
      goal: 0.5,
      load: async () => {
        async function player(from: PromiseQueue, to: PromiseQueue, turns: number) {
          for (let turn = 0; turn < turns; turn++) await to.put((await from.get()) + 1)
        }
        return promiseGame(player)
      },
    },
    {
      name: 'async/await, putNowait',
      note: 'a queue of promises: putNowait, await get',
      dividend: 'gvent, putNowait',
      load: async () => {
        async function player(from: PromiseQueue, to: PromiseQueue, turns: number) {
          for (let turn = 0; turn < turns; turn++) to.putNowait((await from.get()) + 1)
        }
        return promiseGame(player)
      },
    },
    { name: 'Go', note: 'unbuffered channels', goal: 1, language: 'go', work: 'hand-off' },
    {
      name: 'co',
      note: 'a queue of promises: putNowait, yield get',
      load: async () => {
        const { default: co } = await import('co')
        const player = (from: PromiseQueue, to: PromiseQueue, turns: number) =>
          co(function* (): Generator<unknown, void, number> {
            for (let turn = 0; turn < turns; turn++) to.putNowait((yield from.get()) + 1)
          })
        return promiseGame(player)
      },
    },
    {
      name: 'effect',
      note: 'two Queues',
      operations: 100_000,
      load: async () => {
        const { Effect, Queue } = await import('effect')
        const player = Effect.fnUntraced(function* (
          from: import('effect').Queue.Queue<number>,
          to: import('effect').Queue.Queue<number>,
          turns: number,
        ) {
          for (let turn = 0; turn < turns; turn++) yield* Queue.offer(to, (yield* Queue.take(from)) + 1)
        })
        const game = Effect.fnUntraced(function* (operations: number) {
          const left = yield* Queue.unbounded<number>()
          const right = yield* Queue.unbounded<number>()
          yield* Queue.offer(left, 0)
          const players = [player(left, right, operations / 2), player(right, left, operations / 2)]
          yield* Effect.all(players, { concurrency: 'unbounded', discard: true })
        })
        return (operations) => Effect.runPromise(game(operations))
      },
    },
    {
      name: 'effection',
      note: 'two queues',
      operations: 100_000,
      load: async () => {
        const { all, createQueue, run } = await import('effection')
        type Queue = import('effection').Queue<number, never>
        function* player(from: Queue, to: Queue, turns: number) {
          for (let turn = 0; turn < turns; turn++) {
            const { value } = yield* from.next()
            to.add(value + 1)
          }
        }
        return async (operations) => {
          const [left, right]: Queue[] = [createQueue(), createQueue()]
          left!.add(0)
          await run(() => all([player(left!, right!, operations / 2), player(right!, left!, operations / 2)]))
        }
      },
    },
    {
      name: 'redux-saga',
      note: 'two channels',
      load: async () => {
        const { buffers, channel, runSaga } = await import('redux-saga')
        const { all, call, put, take } = await import('redux-saga/effects')
        type Channel = import('redux-saga').Channel<number>
        function* player(from: Channel, to: Channel, turns: number): Generator<unknown, void, number> {
          for (let turn = 0; turn < turns; turn++) yield put(to, (yield take(from)) + 1)
        }
        return (operations) => {
          const [left, right] = [channel<number>(buffers.expanding()), channel<number>(buffers.expanding())]
          left.put(0)
          return runSaga({}, function* () {
            yield all([call(player, left, right, operations / 2), call(player, right, left, operations / 2)])
          }).toPromise()
        }
      },
    },
    { name: 'gevent', note: 'two Queues', operations: 50_000, language: 'python', work: 'hand-off' },
  ],
}

type NumberQueue = import('gvent').Queue<number>

async function greenGame(
  player: (from: NumberQueue, to: NumberQueue, turns: number) => Generator<unknown, void, number>,
): Promise<Run> {
  const { joinAll, Queue, spawn } = await import('gvent')
  return async (operations) => {
    const [left, right] = [new Queue<number>(), new Queue<number>()]
    left.putNowait(0)
    await joinAll([spawn(player, left, right, operations / 2), spawn(player, right, left, operations / 2)])
  }
}

function promiseGame(player: (from: PromiseQueue, to: PromiseQueue, turns: number) => Promise<unknown>): Run {
  return (operations) => {
    const [left, right] = [new PromiseQueue(), new PromiseQueue()]
    left.putNowait(0)
    return Promise.all([player(left, right, operations / 2), player(right, left, operations / 2)])
  }
}

/** What one writes for a queue between async functions, bounded or not. */
class PromiseQueue {
  readonly #items: number[] = []
  readonly #getters: ((item: number) => void)[] = []
  readonly #putters: (() => void)[] = []

  constructor(readonly maxSize = Infinity) {}

  async put(item: number): Promise<void> {
    while (this.#items.length >= this.maxSize) await new Promise<void>((resolve) => this.#putters.push(resolve))
    this.putNowait(item)
  }

  putNowait(item: number): void {
    const getter = this.#getters.shift()
    if (getter) getter(item)
    else this.#items.push(item)
  }

  get(): Promise<number> {
    return new Promise((resolve) => {
      const item = this.#items.shift()
      if (item === undefined) this.#getters.push(resolve)
      else {
        resolve(item)
        this.#putters.shift()?.()
      }
    })
  }
}
