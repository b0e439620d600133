import type { Wait } from '../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { Line } from '../../scheduler/kernel/line.js'
import { classify } from './socket-errors.js'
import { ExternalOperation, network } from './network.js'

/** How an answer comes. */
export type Answer<T> = (error: Error | null, value?: T) => void

/** Asks for something. @returns what withdraws the query, if it can be. */
export type Ask<T> = (answer: Answer<T>) => (() => void) | undefined

/**
 * A question to which the answer takes a while. Those who ask the same at the same time share one; it is taken back
 * when nothing waits for it any more. What has been answered is not kept: that is the business of a cache.
 * @internal
 */
export class SharedQuery<T> extends ExternalOperation<T, CoalescedQuery<T>> {
  /**
   * @param key what makes two questions the same.
   * @param ask called for the first of those who share it.
   */
  constructor(
    private readonly key: string,
    private readonly ask: Ask<T>,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<T, CoalescedQuery<T>, this>): void {
    const { questions } = network.current
    let question = questions.get(this.key) as CoalescedQuery<T> | undefined
    if (question === undefined) {
      question = new CoalescedQuery<T>(this.key, questions)
      questions.set(this.key, question)
      wait.detail = question
      question.waits.add(wait)
      question.put(this.ask)
    } else {
      wait.detail = question
      question.waits.add(wait)
    }
  }

  cancelWait(wait: Wait<T, CoalescedQuery<T>, this>): void {
    wait.detail.leave(wait)
  }

  override describe(): string {
    return this.key
  }
}

class CoalescedQuery<T> {
  readonly waits: Line<T, CoalescedQuery<T>, SharedQuery<T>> = new Line<T, CoalescedQuery<T>, SharedQuery<T>>()
  private takeBack: (() => void) | undefined

  constructor(
    private readonly key: string,
    private readonly questions: Map<string, unknown>,
  ) {}

  put(ask: Ask<T>): void {
    try {
      this.takeBack = ask((error, value) => {
        this.answered(error, value as T)
      })
    } catch (error) {
      this.answered(error as Error, undefined as T)
    }
  }

  leave(wait: Wait<T, CoalescedQuery<T>, SharedQuery<T>>): void {
    this.waits.remove(wait)
    if (this.waits.size > 0) return
    this.forget()
    this.takeBack?.()
  }

  private answered(error: Error | null, value: T): void {
    this.forget()
    classify(error)
    // Each gets one of its own: a value may be changed, and the stack of an error leads to where it was waited for.
    let isFirst = true
    this.waits.endAll((wait) => {
      if (error !== null) wait.reject(isFirst ? error : copyOf(error))
      else wait.resolve(isFirst ? value : structuredClone(value))
      isFirst = false
    })
  }

  private forget(): void {
    if (this.questions.get(this.key) === this) this.questions.delete(this.key)
  }
}

function copyOf(error: Error): Error {
  const copy = Object.assign(new Error(error.message), error, { stack: error.stack })
  return Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object) as Error
}
