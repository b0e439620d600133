import '../stacks/install.js'
import { checkFunction } from '../checks/check-function.js'
import { GreenletExit, misuse } from '../checks/errors.js'
import { asOperation, claim, isCoroutine, type Returned } from '../kernel/frames.js'
import { Invocation } from '../kernel/fiber/invocation.js'
import { Greenlet } from './greenlet.js'
import type { Operation } from '../kernel/operation.js'
import { Settlement } from '../kernel/settlement.js'
import type { Wait } from '../kernel/wait.js'
import { YieldableWait } from '../kernel/wait-iterator.js'
import { nameOf, show } from '../checks/show.js'
import { isThenable } from '../checks/thenable.js'
import { giveUp } from './until-ended.js'

/** A call of a function, waited for as a frame of the greenlet that waits, or else in a greenlet of its own. @internal */
export class FunctionCall<T> extends Invocation<T, Greenlet<T> | undefined> {
  constructor(
    private readonly fn: (...args: never[]) => unknown,
    private readonly receiver: unknown,
    private readonly args: readonly unknown[],
  ) {
    super()
  }

  invoke(): unknown {
    return Reflect.apply(this.fn, this.receiver, this.args)
  }

  // Waited for by a promise or as one of several, it has no stack to run on and gets a greenlet of its own.
  beginWait(wait: Wait<T, Greenlet<T> | undefined>): void {
    const greenlet = new Greenlet<T>(() => this.invoke()).start()
    greenlet.name = this.describe()
    greenlet.ensureRare().callWait = wait
    wait.detail = greenlet
    const end = new YieldableWait(greenlet)
    const { hub } = wait
    const wake = (): void => {
      if (!end.failed) wait.resolve(end.value as T)
      else if (!wait.reject(end.value)) greenlet.unobserve()
    }
    end.begin({ hub, greenlet: wait.greenlet, wake })
  }

  cancelWait(wait: Wait<T, Greenlet<T> | undefined>): void {
    void wait.detail?.kill()
  }

  override interruptWait(wait: Wait<T, Greenlet<T> | undefined>, error: unknown): boolean {
    if (error instanceof GreenletExit) void wait.detail?.kill(error)
    else wait.detail?.interrupt(error)
    return true
  }

  override holdsOff(wait: Wait<T, Greenlet<T> | undefined>): boolean {
    return wait.detail!.shields > 0
  }

  override undoWait(wait: Wait<T, Greenlet<T> | undefined>): void {
    if (wait.detail !== undefined) undos.get(wait.detail)?.()
  }

  override undoFailure(wait: Wait<T, Greenlet<T> | undefined>, error: unknown): void {
    const greenlet = wait.detail
    if (greenlet !== undefined && greenlet.error === error) giveUp(greenlet)
  }

  greenletOf({ detail }: Wait<T, Greenlet<T> | undefined>): Greenlet | undefined {
    return detail
  }

  override describe(): string {
    return nameOf(this.fn) === '' ? 'an anonymous function' : nameOf(this.fn)
  }
}

const undos = new WeakMap<Greenlet, () => void>()

/** Has `undo` called if nobody gets to see what a greenlet that was made for a call has returned. @internal */
export function undoCallBy(greenlet: Greenlet, undo: () => void): void {
  undos.set(greenlet, undo)
}

/**
 * Runs `fn(...args)` as a frame of its own on the stack of the greenlet that waits: `yield* call(fn, ...args)`.
 * Resuming a greenlet costs the same at any depth of such frames, and they may nest a million deep.
 *
 * @param fn a generator function, or a plain function that may return something to wait for.
 * @returns an operation that gives what `fn` returns, and raises what it raises.
 * Cancel safety: that of `fn`.
 */
export function call<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Operation<Returned<R>> {
  checkFunction(fn, 'call(fn)')
  return new FunctionCall(fn, undefined, args)
}

/** A function whose calls are operations. */
export type GreenFunction<A extends unknown[], R> = (...args: A) => Operation<Returned<R>>

/**
 * Makes a generator function into a *green function*: calling it gives an operation that can be yielded, awaited and
 * used again, and that runs as a frame of its own. The function runs again each time it is waited for.
 *
 * ```ts
 * const double = green(function* double(x: number) { yield* sleep(10); return 2 * x })
 * const four = yield* double(2)        // in a greenlet
 * const six = await double(3)          // anywhere else
 * ```
 *
 * @returns a function of the same name, length and `this`.
 */
export function green<A extends unknown[], R>(fn: (...args: A) => R): GreenFunction<A, Returned<R>> {
  checkFunction(fn, 'green(fn)')
  const greenFunction = function (this: unknown, ...args: A): Operation<Returned<R>> {
    return new FunctionCall(fn, this, args)
  }
  return passAs(fn, greenFunction) as unknown as GreenFunction<A, Returned<R>>
}

/** Gives `wrapper` the name and the length of the function that it stands for. @internal */
export function passAs<W extends object>(fn: { readonly name: string; readonly length: number }, wrapper: W): W {
  return Object.defineProperties(wrapper, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  })
}

/**
 * Makes an operation of anything that can be waited for: a function is called for each wait, a coroutine can be waited for once, a
 * promise is waited for by `until`.
 *
 * @param where the call as the user wrote it, for the message.
 * @throws TypeError for anything else.
 * @internal
 */
export function toOperation(work: unknown, where: string): Operation<unknown> {
  if (typeof work === 'function') return new FunctionCall(work as () => unknown, undefined, [])
  if (isCoroutine(work)) return new FunctionCall(() => claim(work), undefined, [])
  if (isThenable(work)) {
    const operation = asOperation(work)
    // It runs like a coroutine, and has to clean up like one.
    return operation instanceof Settlement && operation.runs
      ? new FunctionCall(() => operation, undefined, [])
      : operation
  }
  throw misuse(
    new TypeError(
      `${where}: ${show(work)} cannot be waited for; pass a function, an operation, a coroutine or a promise`,
    ),
  )
}
