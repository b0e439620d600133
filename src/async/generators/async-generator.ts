import { Operation } from '../../scheduler/kernel/operation.js'
import { AwaitedOperation } from '../calls/awaited-operation.js'
import { Call, enter, finish, maker, running, type Cell } from '../calls/call.js'
import {
  NativePromise,
  executor,
  nativeResolve,
  nativeThen,
  nextOf,
  returnInto,
  throwInto,
} from '../calls/intrinsics.js'
import { AWAIT, Awaited, INNER, Mark, PASSED_ON, RESULT } from './marks.js'

type Kind = 'next' | 'throw' | 'return'

// Where an async generator stands.
const NOT_BEGUN = 0
const SUSPENDED = 1
const RUNNING = 2
const RETURNING = 3
const OVER = 4

// What the promise is for that it awaits.
/** The code has an `await`. */
const FOR_CODE = 0
/** The code yields it. */
const TO_YIELD = 1
/** The code returns it. */
const TO_RETURN = 2
/** `return(value)` is to be raised in the code with it. */
const TO_RESUME = 3
/** `return(value)` of one that is over, or never began, is answered with it. */
const TO_ANSWER = 4

/** One `next`, `throw` or `return` of an async generator: a call of its own, of which each may be killed. */
class Request extends Call {
  constructor(
    private readonly body: Body,
    readonly kind: Kind,
    readonly argument: unknown,
  ) {
    super(body.generator, maker(), running.call === null ? running.scheduler : running.call.scheduler)
    this.cell = body.cell
  }

  override go(value: unknown, failed: boolean): void {
    if (!this.over) this.body.awoke(value, failed)
  }

  override letGo(): void {
    this.awaited = this.thenable = undefined
    this.body.letGo()
  }

  override goReturn(error: unknown): void {
    if (!this.over) this.body.force(error)
  }

  override abandon(error: unknown): void {
    this.body.fail(error)
  }
}

/** The state of an async generator, by the letter of the language. @internal */
export class Body {
  readonly cell: Cell = { call: null }
  private state = NOT_BEGUN
  private readonly requests: Request[] = []
  /** In which way the code was resumed last. */
  private resumedBy: Kind = 'next'
  private purpose = FOR_CODE
  private awaitKind: number = AWAIT
  private forcedWith: unknown = undefined
  private onValue: ((value: unknown) => void) | null = null
  private onError: ((error: unknown) => void) | null = null

  constructor(
    readonly generator: Generator,
    /** Whether what its code yields and returns has to be awaited: one compiler writes that down, the others do not. */
    private readonly awaitsResults: boolean,
  ) {}

  enqueue(kind: Kind, argument: unknown): Promise<unknown> {
    const request = new Request(this, kind, argument)
    const promise = new NativePromise(executor)
    enter(request, promise)
    this.requests.push(request)
    if (this.state !== RUNNING && this.state !== RETURNING) this.serve()
    return promise
  }

  /** Turns to the requests that wait, until one of them takes time. */
  private serve(): void {
    for (;;) {
      const request = this.requests[0]
      if (request === undefined) return
      const { kind, argument } = request
      this.cell.call = request
      const isNew = this.state === NOT_BEGUN
      if (isNew && kind !== 'next') this.state = OVER
      if (this.state === OVER) {
        if (kind === 'return') {
          this.state = RETURNING
          this.await(argument, TO_ANSWER)
          return
        }
        this.settle(kind === 'throw' ? argument : undefined, kind === 'throw', true)
        continue
      }
      this.state = RUNNING
      if (kind === 'return') this.await(argument, TO_RESUME)
      else this.resume(kind, argument)
      return
    }
  }

  resume(kind: Kind, value: unknown): void {
    const request = this.requests[0]!
    const before = running.call
    running.call = request
    request.awaited = request.thenable = undefined
    this.resumedBy = kind
    let result: IteratorResult<unknown, unknown>
    try {
      if (kind === 'next') result = nextOf.call(this.generator, value)
      else if (kind === 'throw') result = throwInto.call(this.generator, value)
      else result = returnInto.call(this.generator, new Awaited(value))
    } catch (error) {
      running.call = before
      this.fail(error)
      return
    }
    running.call = before
    if (result.done) this.returned(result.value)
    else this.yielded(result.value)
  }

  private yielded(value: unknown): void {
    if (!(value instanceof Mark)) {
      if (this.awaitsResults) this.await(value, TO_YIELD)
      else this.give(value)
      return
    }
    switch (value.kind) {
      case PASSED_ON:
        this.give(value.value)
        break
      case RESULT:
        this.resume('next', value.value)
        break
      default:
        this.awaitKind = value.kind
        this.await(value.value, FOR_CODE)
    }
  }

  /** Has the code return where it is, and fail with an error then. */
  force(error: unknown): void {
    this.forcedWith = error
    this.resume('return', undefined)
  }

  // To fall off the end of the code takes no `await`; a value that came through `return` was awaited before.
  private returned(value: unknown): void {
    if (this.forcedWith !== undefined) this.fail(this.forcedWith)
    else if (value instanceof Awaited) this.complete(value.value)
    else if (value === undefined || !this.awaitsResults) this.complete(value)
    else this.await(value, TO_RETURN)
  }

  private await(value: unknown, purpose: number): void {
    const request = this.requests[0]!
    this.purpose = purpose
    let promise: Promise<unknown>
    if (value instanceof Operation) value = new AwaitedOperation(value)
    try {
      promise = nativeResolve.call(NativePromise, value)
    } catch (error) {
      this.awoke(error, true)
      return
    }
    if (this.onValue === null) this.react()
    request.awaited = promise
    if (promise !== value && typeof value === 'object') request.thenable = value
    running.parks++
    nativeThen.call(promise, this.onValue!, this.onError!)
    request.interference?.parked()
    request.scheduler?.paused(request)
  }

  private react(): void {
    const onValue = (value: unknown): void => {
      if (this.onValue === onValue) this.settled(value, false)
    }
    this.onValue = onValue
    this.onError = (error) => {
      if (this.onValue === onValue) this.settled(error, true)
    }
  }

  letGo(): void {
    this.onValue = this.onError = null
  }

  private settled(value: unknown, failed: boolean): void {
    const request = this.requests[0]!
    if (failed && request.interference !== null) value = request.interference.received(value)
    if (request.scheduler === null) this.awoke(value, failed)
    else {
      request.awaited = request.thenable = undefined
      request.scheduler.ready(request, value, failed)
    }
  }

  /** Resumes it with the value that it awaited. */
  awoke(value: unknown, failed: boolean): void {
    this.requests[0]!.awaited = undefined
    switch (this.purpose) {
      case FOR_CODE:
        if (failed) this.resume('throw', value)
        else this.resume(this.awaitKind === INNER && this.resumedBy === 'return' ? 'return' : 'next', value)
        break
      case TO_YIELD:
        if (failed) this.resume('throw', value)
        else this.give(value)
        break
      case TO_RESUME:
        this.resume(failed ? 'throw' : 'return', value)
        break
      default:
        if (failed) this.fail(value)
        else this.complete(value)
    }
  }

  private give(value: unknown): void {
    this.state = SUSPENDED
    this.settle(value, false, false)
    this.serve()
  }

  private complete(value: unknown): void {
    this.state = OVER
    this.settle(value, false, true)
    this.serve()
  }

  fail(error: unknown): void {
    this.state = OVER
    this.settle(error, true, true)
    this.serve()
  }

  private settle(value: unknown, failed: boolean, done: boolean): void {
    const request = this.requests.shift()!
    this.cell.call = null
    finish(request, failed ? value : { value, done }, failed)
  }
}
