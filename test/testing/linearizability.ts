import assert from 'node:assert/strict'
import { Timeout, killAll, spawn, type Coroutine } from 'gvent'
import { advance, explore } from 'gvent/testing'
import { Random } from '#testing/choices/random'
import { schedulesOf } from './schedules.js'

/** What an operation may do in a state: nothing to choose from means that it waits. */
export interface Effect<S> {
  readonly state: S
  readonly result: unknown
  /** What it took, for {@link Call.undo}. */
  readonly taken?: unknown
}

/** An operation of a thing under test, together with what it means. */
export interface Call<T, S> {
  readonly name: string
  /** Does it. */
  run(subject: T): { [Symbol.iterator](): Iterator<unknown, unknown> }
  /** All that it may do in a state. */
  effects(state: S): Effect<S>[]
  /** The state after its second half, for one that has two: a put into a channel ends when its item was taken. */
  end?(state: S): S | undefined
  /** What is undone when somebody is killed who has its result and has not seen it. Absent: it took nothing away. */
  undo?(state: S, taken: unknown): S
}

/** A thing under test: how it is made, in which state it is then, and the operations in all their variants. */
export interface Specification<T, S> {
  make(): T
  readonly initial: S
  /** Makes the operation with this number: items are numbered, so that they can be told apart. */
  readonly calls: readonly ((number: number) => Call<T, S>)[]
  /** What has to hold after every step. */
  check?(subject: T): void
}

/** An operation as it was observed. */
interface Observed<T, S> {
  readonly call: Call<T, S>
  readonly invoked: number
  /** When it ended; never, if it waits to the end. */
  ended: number
  /** `cancelled`: killed or timed out, so that it must not have happened. */
  outcome: 'waits' | 'returned' | 'cancelled'
  result: unknown
}

const GREENLETS = 3
const CALLS = 3
const SCENARIOS = 25

/**
 * Lets random greenlets, three of three calls at most, loose on the thing under test in many schedules, with kills and
 * timeouts and without. Each history must be one that the calls would have had one after the other, in some order in
 * which none comes before another that had ended when it began; and what waits at the end must have to wait.
 * (Linearisability: Herlihy and Wing, 1990. Scenarios as in Lincheck.)
 */
export async function searchLinearizability<T, S>(specification: Specification<T, S>, seed: number): Promise<void> {
  const schedules = Math.ceil(schedulesOf(1000) / SCENARIOS)
  for (let scenario = 0; scenario < SCENARIOS; scenario++) {
    const random = new Random(seed * 1000 + scenario)
    const plan = Array.from({ length: 2 + random.below(GREENLETS - 1) }, (_, greenlet) =>
      Array.from({ length: 1 + random.below(CALLS) }, (_, index) => {
        const { calls } = specification
        return calls[random.below(calls.length)]!(greenlet * CALLS + index + 1)
      }),
    )
    let subject = specification.make()
    const check = specification.check === undefined ? undefined : () => specification.check!(subject)
    const program = (): Coroutine<void> => {
      subject = specification.make()
      return runPlan(plan, subject, specification)
    }
    const options = { schedules, seed: scenario + 1, check }
    await explore(program, options)
    await explore(program, { ...options, cancel: true })
  }
}

function* runPlan<T, S>(plan: Call<T, S>[][], subject: T, { initial }: Specification<T, S>): Coroutine<void> {
  const history: Observed<T, S>[] = []
  const clock = { time: 0 }
  const workers = plan.map((calls, index) => {
    const worker = spawn(work, calls, subject, history, clock)
    worker.name = String.fromCharCode(65 + index)
    return worker
  })
  try {
    // Longer than all computing may take, so that every timeout is over.
    yield* advance(1000)
    assert.ok(isLinearizable(history, initial), `no order of the calls explains this:\n${tell(history)}`)
  } finally {
    // What is killed while it waits is no part of the history.
    yield* killAll(workers)
  }
}

function* work<T, S>(
  calls: Call<T, S>[],
  subject: T,
  history: Observed<T, S>[],
  clock: { time: number },
): Coroutine<void> {
  for (const call of calls) {
    const observed: Observed<T, S> = {
      call,
      invoked: clock.time++,
      ended: Infinity,
      outcome: 'waits',
      result: undefined,
    }
    history.push(observed)
    try {
      observed.result = yield* call.run(subject)
      observed.outcome = 'returned'
    } catch (error) {
      observed.outcome = 'cancelled'
      if (!(error instanceof Timeout)) throw error
    } finally {
      observed.ended = clock.time++
    }
  }
}

const NOT_BEGUN = 0
const APPLIED = 1
const DONE = 2

/** Whether there is an order of the calls that gives this history. */
function isLinearizable<T, S>(history: readonly Observed<T, S>[], initial: S): boolean {
  const phases = history.map(() => NOT_BEGUN)
  const taken: unknown[] = history.map(() => undefined)
  const seen = new Set<string>()

  const search = (state: S): boolean => {
    const key = `${phases.join('')} ${JSON.stringify(state)}`
    if (seen.has(key)) return false
    seen.add(key)
    if (isExplained(state)) return true
    return history.some((observed, index) => mayMove(observed) && moves(observed, index, state))
  }

  const isExplained = (state: S): boolean =>
    history.every(({ outcome, call }, index) => {
      if (outcome === 'returned') return phases[index] === DONE
      if (outcome === 'cancelled') return phases[index] !== APPLIED
      return phases[index] === APPLIED ? call.end!(state) === undefined : call.effects(state).length === 0
    })

  // Not before all that had ended when it began.
  const mayMove = ({ invoked }: Observed<T, S>): boolean =>
    history.every((other, index) => other.ended > invoked || isPast(other, phases[index]!))

  const moves = (observed: Observed<T, S>, index: number, state: S): boolean => {
    const { call, outcome, result } = observed
    if (phases[index] === NOT_BEGUN) {
      if (outcome === 'waits' && call.end === undefined) return false
      return call.effects(state).some((effect) => {
        if (outcome === 'returned' && JSON.stringify(effect.result) !== JSON.stringify(result)) return false
        taken[index] = effect.taken
        return tryPhase(index, outcome === 'returned' && call.end === undefined ? DONE : APPLIED, effect.state)
      })
    }
    if (phases[index] === DONE || outcome === 'waits') return false
    if (outcome === 'returned') {
      const after = call.end!(state)
      return after !== undefined && tryPhase(index, DONE, after)
    }
    return tryPhase(index, DONE, call.undo === undefined ? state : call.undo(state, taken[index]))
  }

  const tryPhase = (index: number, phase: number, state: S): boolean => {
    const before = phases[index]!
    phases[index] = phase
    if (search(state)) return true
    phases[index] = before
    return false
  }

  return search(initial)
}

function isPast<T, S>({ outcome }: Observed<T, S>, phase: number): boolean {
  return phase === DONE || (outcome === 'cancelled' && phase === NOT_BEGUN)
}

function tell<T, S>(history: readonly Observed<T, S>[]): string {
  return history
    .map(({ call, invoked, ended, outcome, result }) => {
      const what = outcome === 'returned' ? `gave ${JSON.stringify(result)}` : outcome
      return `  ${invoked} to ${ended}: ${call.name} ${what}`
    })
    .join('\n')
}
