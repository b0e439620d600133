import { retainedMemory } from '../gauges.js'
import type { Work } from '../work.js'

/**
 * One operation: a task is started and waits for something that does not happen. What it holds is measured after two
 * full collections; nobody but the library and what it waits for keeps hold of it.
 */
export const memory: Work = {
  name: 'memory',
  title: '1,000,000 tasks wait: memory of each',
  unit: 'bytes',
  gauge: retainedMemory,
  operations: 1_000_000,
  warmups: 0,
  rounds: 1,
  flags: ['--expose-gc', '--max-old-space-size=8192'],
  peers: [
    {
      name: 'gvent',
      note: 'get from a Queue',
      atMost: 700,
      load: async () => {
        const { Queue, spawn } = await import('gvent')
        function* task(queue: InstanceType<typeof Queue<number>>) {
          yield* queue.get()
        }
        return async (operations) => {
          const queue = new Queue<number>()
          for (let index = 0; index < operations; index++) spawn(task, queue)
          // Greenlets start in the order in which they were spawned: when this one has run, the others wait.
          await spawn(() => {})
          return queue
        }
      },
    },
    {
      name: 'async/await',
      note: 'await a promise that they share',
      load: async () => {
        async function task(event: Promise<void>) {
          await event
        }
        return async (operations) => {
          const event = new Promise<void>(() => {})
          for (let index = 0; index < operations; index++) void task(event)
          return [event]
        }
      },
    },
    { name: 'Go', note: 'receive from a channel; heap and stacks', language: 'go', work: 'memory' },
    {
      name: 'co',
      note: 'yield a promise that they share',
      operations: 200_000,
      load: async () => {
        const { default: co } = await import('co')
        return async (operations) => {
          const event = new Promise<void>(() => {})
          for (let index = 0; index < operations; index++) {
            void co(function* () {
              yield event
            })
          }
          await undefined
          return [event]
        }
      },
    },
    {
      name: 'effect',
      note: 'Deferred.await',
      operations: 200_000,
      load: async () => {
        const { Deferred, Effect, Fiber } = await import('effect')
        const program = Effect.fnUntraced(function* (operations: number) {
          const event = yield* Deferred.make<void>()
          for (let index = 0; index < operations; index++) yield* Effect.forkDetach(Deferred.await(event))
          // Fibres start in order, too.
          yield* Fiber.join(yield* Effect.forkDetach(Effect.void))
          return event
        })
        return (operations) => Effect.runPromise(program(operations))
      },
    },
    {
      name: 'effection',
      note: 'operation of withResolvers',
      operations: 20_000,
      load: async () => {
        const { createScope, withResolvers } = await import('effection')
        return async (operations) => {
          const [scope] = createScope()
          const { operation } = withResolvers<void>()
          for (let index = 0; index < operations; index++) void scope.run(() => operation)
          return [scope, operation]
        }
      },
    },
    {
      name: 'redux-saga',
      note: 'take from a channel',
      operations: 100_000,
      load: async () => {
        const { channel, runSaga } = await import('redux-saga')
        const { spawn, take } = await import('redux-saga/effects')
        return async (operations) => {
          const event = channel()
          function* task() {
            yield take(event)
          }
          runSaga({}, function* () {
            for (let index = 0; index < operations; index++) yield spawn(task)
          })
          return event
        }
      },
    },
    { name: 'gevent', note: 'Event.wait; resident memory', operations: 100_000, language: 'python', work: 'memory' },
  ],
}
