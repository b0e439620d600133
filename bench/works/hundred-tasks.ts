import type { Run } from '../work.js'

type Turns<T> = (turns: number) => T

/** Makes a run of 100 greenlets that share the operations. */
export async function greenlets(task: Turns<import('gvent').Coroutine<void>>): Promise<Run> {
  const { joinAll, spawn } = await import('gvent')
  return async (operations) => joinAll(hundred(() => spawn(task, operations / 100)))
}

/** Makes a run of 100 async functions that share the operations. */
export function promises(task: Turns<Promise<void>>): Run {
  return (operations) => Promise.all(hundred(() => task(operations / 100)))
}

/** Makes a run of 100 tasks of effect that share the operations. */
export async function effects(task: Turns<import('effect').Effect.Effect<void, unknown>>): Promise<Run> {
  const { Effect } = await import('effect')
  return (operations) =>
    Effect.runPromise(
      Effect.all(
        hundred(() => task(operations / 100)),
        { concurrency: 'unbounded', discard: true },
      ),
    )
}

/** Makes a run of 100 operations of effection that share the operations. */
export async function effections(task: Turns<import('effection').Operation<void>>): Promise<Run> {
  const { all, run } = await import('effection')
  return async (operations) => run(() => all(hundred(() => task(operations / 100))))
}

/** Makes a run of 100 sagas that share the operations. */
export async function sagas(task: Turns<Generator>): Promise<Run> {
  const { runSaga } = await import('redux-saga')
  const { all, call } = await import('redux-saga/effects')
  return (operations) =>
    runSaga({}, function* () {
      yield all(hundred(() => call(task, operations / 100)))
    }).toPromise()
}

/**
 * Makes an operation of effection that gives way. There is none but `sleep(0)`, which waits for a timer of a millisecond. An
 * action that resolves at once puts its task at the back of the queue, which is the same thing for the price of a switch.
 */
export async function effectionGivingWay(): Promise<import('effection').Operation<void>> {
  const { action } = await import('effection')
  return action<void>((resolve) => {
    resolve()
    return () => {}
  })
}

/** Starts 100 of something. */
export function hundred<T>(start: () => T): T[] {
  return Array.from({ length: 100 }, start)
}
