import { AsyncResult } from '../sync/async-result.js'
import { helpOn } from '../checks/errors.js'
import { Greenlet } from '../greenlets/greenlet.js'
import { Operation, onOperationMade } from '../kernel/operation.js'
import { described } from '../checks/show.js'
import { captureStack, formatStack, functionsCalled } from '../kernel/stack.js'
import { thread } from '../kernel/thread.js'

/** So many frames reach from the constructor of an operation to the program. */
const FRAMES = 30
/** What acts at once, and gives an operation only to wait for the end. */
const ACTING = /(?:^|\.)(?:kill|killAll|applyAsync|add|close|reset|shutdown|terminate|\[\S*dispose\])$/i
/** How an operation is put to use: by `yield*`, by `yield` and `await`, as a frame. */
const USES = [Symbol.iterator, 'beginWait', 'invoke'] as const

/** What is still known of an operation when it is gone. It must not refer to the operation. */
interface Remains {
  readonly text: string
  readonly madeAt: string
}

/** The operations that were made in greenlets and that nobody has waited for. */
class Unused {
  /** Those of the step that runs: most are waited for in it. */
  private readonly fresh = new Map<Operation<unknown>, { stack?: string }>()
  private readonly tokens = new WeakMap<Operation<unknown>, Remains>()
  private readonly left = new Set<Remains>()
  private readonly finalization = new FinalizationRegistry<Remains>((remains) => {
    this.report(remains)
  })

  add(operation: Operation<unknown>): void {
    // These two are more than a wait: a greenlet runs, and a result is what others look at.
    if (thread.greenlet === null || operation instanceof Greenlet || operation instanceof AsyncResult) return
    this.fresh.set(operation, captureStack(Operation, FRAMES))
    for (const use of USES) this.watch(operation, use)
  }

  private watch(operation: Operation<unknown>, use: (typeof USES)[number]): void {
    const method = (operation as unknown as Record<typeof use, ((...given: unknown[]) => unknown) | undefined>)[use]
    if (method === undefined) return
    const value = (...given: unknown[]): unknown => {
      this.delete(operation)
      return method.apply(operation, given)
    }
    Reflect.defineProperty(operation, use, { configurable: true, value })
  }

  private delete(operation: Operation<unknown>): void {
    for (const use of USES) Reflect.deleteProperty(operation, use)
    this.deleteParts(operation)
    this.fresh.delete(operation)
    const remains = this.tokens.get(operation)
    if (remains === undefined) return
    this.left.delete(remains)
    this.finalization.unregister(operation)
  }

  // What another operation is to wait for, in a race that is over at once perhaps, is its affair.
  private deleteParts(operation: Operation<unknown>): void {
    for (const part of Object.values(operation).flat()) {
      if (part instanceof Operation && (this.fresh.has(part) || this.tokens.has(part))) this.delete(part)
    }
  }

  // Only now the constructors have run, so that an operation can say what it is.
  afterStep(greenlet: Greenlet): void {
    for (const operation of Array.from(this.fresh.keys())) this.deleteParts(operation)
    for (const [operation, stack] of this.fresh) {
      const called = functionsCalled(stack)
      const outermost = called.at(-1)
      // What the library made for itself, an object for later use, or in passing by what acts at once.
      if (outermost === undefined || outermost.startsWith('new ') || called.some((name) => ACTING.test(name))) continue
      const text = `${described(operation)}, made in ${greenlet.toString()}, was never waited for, so it did nothing. Write \`yield*\` before it`
      const remains: Remains = { text, madeAt: formatStack(stack) }
      this.left.add(remains)
      this.tokens.set(operation, remains)
      this.finalization.register(operation, remains, operation)
    }
    this.fresh.clear()
  }

  reportAll(): void {
    for (const remains of this.left) this.report(remains)
  }

  private report(remains: Remains): void {
    if (this.left.delete(remains)) {
      thread.hub.platform.report(`${remains.text}\n${remains.madeAt}\n  help: ${helpOn('GVENT_FORGOTTEN')}`)
    }
  }
}

let unused: Unused | undefined

/**
 * From now on operations are reported that were made in a greenlet and that nobody ever waited for: mostly a `yield*`
 * was forgotten. Each is named, with the place where it was made. The same is switched on by the environment variable
 * `GVENT_FORGOTTEN=1`. It is for development: making an operation then takes microseconds.
 *
 * A report comes when the garbage collector finds the operation, and for those that are left, when the function is
 * called that this one returns; `GVENT_FORGOTTEN=1` calls it when the program ends. An operation that was made for a
 * case that never came is reported, too.
 *
 * @returns a function that reports those now that nobody has waited for until then.
 */
export function reportForgotten(): () => void {
  if (unused === undefined) {
    const first = new Unused()
    unused = first
    onOperationMade((operation) => {
      first.add(operation)
    })
    thread.hub.addInstrument(first)
  }
  const all = unused
  return () => {
    all.reportAll()
  }
}
