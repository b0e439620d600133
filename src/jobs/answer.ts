import { until, type Coroutine } from '../scheduler/index.js'

/** The answer of an engine: at once where it is this process, and otherwise by and by. @internal */
export type Answer<V> = V | Promise<V>

/** Waits for an answer. @internal */
export function* answerOf<V>(answer: Answer<V>): Coroutine<V> {
  return answer instanceof Promise ? yield* until(answer) : answer
}
