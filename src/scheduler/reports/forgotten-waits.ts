import { AsyncResult } from '../sync/async-result.js'
import { helpOn } from '../checks/errors.js'
import { Greenlet } from '../greenlets/greenlet.js'
import { soon } from '../kernel/host.js'
import type { Hub } from '../kernel/hub.js'
import { Operation, onOperationMade } from '../kernel/operation.js'
import { described, nameOf } from '../checks/show.js'
import type { CapturedStack } from '../checks/captured-stack.js'
import { captureStack, formatStack, libraryCall } from '../stacks/stack.js'
import { thread } from '../kernel/thread.js'
import { CallFates } from './call-fates.js'

/** So many frames reach from the constructor of an operation to the program. */
const FRAMES = 30
/** Calls that act at once, and give an operation only to wait for the end. */
const ACTING = /(?:^|\.)(?:kill|killAll|applyAsync|add|close|reset|shutdown|terminate|\[\S*dispose\])$/i
/** How an operation is put to use: by `yield*`, by `yield` and `await`, as a frame. */
const USES = [Symbol.iterator, 'beginWait', 'invoke'] as const

/** So many operations of a kind have their stacks captured at first. */
const STACKS_A_KIND = 1000

/** Operations of one class that greenlets of one name make. */
interface Kind {
  /** So many more have their stacks captured. */
  left: number
  /** So many will when one that has none is left without a wait; each time half as many. */
  grant: number
}

/** Where an operation was made. */
interface Origin {
  readonly stack: CapturedStack | undefined
  readonly greenlet: Greenlet | null
  readonly kind: Kind
}

/** The report on an operation. It must not refer to the operation, which may be gone. */
interface Report {
  readonly operation: WeakRef<Operation<unknown>>
  readonly text: string
  readonly madeAt: string
}

/**
 * The operations that nobody has waited for yet. When the JavaScript that made them is done, the text of the program
 * tells which were dropped: they are reported, and those that were assigned, returned or passed on never are. Where the
 * text cannot be had, an operation is reported when it is collected.
 */
class Unused {
  private readonly fresh = new Map<Operation<unknown>, Origin>()
  private readonly undecided = new WeakMap<Operation<unknown>, Report>()
  private readonly reports = new Set<Report>()
  private readonly reported = new Set<string>()
  private readonly watched = new WeakSet()
  private scheduled = false
  private readonly kinds = new WeakMap<object, Map<string | null, Kind>>()
  private readonly fates: CallFates
  private readonly finalization = new FinalizationRegistry<Report>((report) => {
    this.print(report)
  })

  // Kept, because while a simulation runs the hub of the thread is another one.
  constructor(private readonly hub: Hub) {
    this.fates = new CallFates(hub.platform)
  }

  add(operation: Operation<unknown>): void {
    // These are more than a wait: a greenlet runs, and a result is what others look at.
    if (operation instanceof Greenlet || operation instanceof AsyncResult || operation.isThing?.()) return
    this.watchUses(operation)
    if (!this.scheduled) soon(this.sift)
    this.scheduled = true
    const { greenlet } = thread
    const kind = this.kindOf(operation, greenlet)
    const stack = kind.left-- > 0 ? captureStack(Operation, FRAMES) : undefined
    this.fresh.set(operation, { stack, greenlet, kind })
  }

  // A stack costs fifty times as much as the operation. Where thousands are made and waited for, in a loop or in the
  // orders of an exploration, none is captured any more until one is left without a wait.
  private kindOf(operation: Operation<unknown>, greenlet: Greenlet | null): Kind {
    let kinds = this.kinds.get(operation.constructor)
    if (kinds === undefined) {
      kinds = new Map()
      this.kinds.set(operation.constructor, kinds)
    }
    const maker = greenlet === null ? null : nameOf(greenlet.body)
    let kind = kinds.get(maker)
    if (kind === undefined) {
      kind = { left: STACKS_A_KIND, grant: STACKS_A_KIND / 2 }
      kinds.set(maker, kind)
    }
    return kind
  }

  // On the prototypes: a method on each operation would cost more than all the rest.
  private watchUses(operation: Operation<unknown>): void {
    let prototype: object = operation
    for (;;) {
      prototype = Object.getPrototypeOf(prototype) as object
      if (prototype === Object.prototype || this.watched.has(prototype)) return
      this.watched.add(prototype)
      for (const use of USES) {
        if (Object.hasOwn(prototype, use)) this.watch(prototype as Record<typeof use, Use>, use)
      }
    }
  }

  private watch(prototype: Record<(typeof USES)[number], Use>, use: (typeof USES)[number]): void {
    const method = prototype[use]
    const noteUse = (operation: Operation<unknown>): void => {
      this.delete(operation)
    }
    const value = function (this: Operation<unknown>, wait: unknown): unknown {
      noteUse(this)
      return method.call(this, wait)
    }
    Object.defineProperty(prototype, use, { configurable: true, writable: true, value })
  }

  private delete(operation: Operation<unknown>): void {
    this.fresh.delete(operation)
    if (this.fresh.size === 0 && this.reports.size === 0) return
    this.deleteParts(operation)
    const report = this.undecided.get(operation)
    if (report === undefined) return
    this.reports.delete(report)
    this.undecided.delete(operation)
    this.finalization.unregister(operation)
  }

  // What another operation is to wait for, in a race that is over at once perhaps, is its affair.
  private deleteParts(operation: Operation<unknown>): void {
    for (const part of Object.values(operation).flat()) {
      if (part instanceof Operation && (this.fresh.has(part) || this.undecided.has(part))) this.delete(part)
    }
  }

  // Only now the constructors have run, so that an operation can say what it is.
  private readonly sift = (): void => {
    this.scheduled = false
    for (const operation of Array.from(this.fresh.keys())) this.deleteParts(operation)
    for (const [operation, { stack, greenlet, kind }] of this.fresh) {
      if (stack === undefined) {
        kind.left = Math.trunc(kind.grant)
        kind.grant /= 2
        continue
      }
      const call = libraryCall(stack)
      const called = call?.functions.at(-1)
      // What the library made for itself, an object for later use, or in passing by what acts at once.
      if (called === undefined || called.startsWith('new ') || call!.functions.some((name) => ACTING.test(name)))
        continue
      const fate = this.fates.of(call!)
      if (fate === 'kept') continue
      const maker = greenlet === null ? 'outside of all greenlets' : `in ${greenlet.toString()}`
      const text = `${described(operation)}, made ${maker}, was never waited for, so it did nothing. Write \`${greenlet === null ? 'await' : 'yield*'}\` before it`
      const report: Report = { operation: new WeakRef(operation), text, madeAt: formatStack(stack) }
      if (fate === 'dropped') this.print(report)
      else this.leave(operation, report)
    }
    this.fresh.clear()
  }

  private leave(operation: Operation<unknown>, report: Report): void {
    this.reports.add(report)
    this.undecided.set(operation, report)
    this.finalization.register(operation, report, operation)
  }

  /** Reports those that are gone: what something refers to may be waited for later. */
  reportCollected(): void {
    this.sift()
    if (this.reports.size > 0) this.hub.platform.collectGarbage?.()
    for (const report of this.reports) {
      if (report.operation.deref() === undefined) this.print(report)
    }
  }

  private print(report: Report): void {
    const { text, madeAt } = report
    this.reports.delete(report)
    // A loop that forgets a wait makes one report.
    if (this.reported.has(madeAt)) return
    this.reported.add(madeAt)
    this.hub.platform.report(`${text}\n${madeAt}\n  help: ${helpOn('GVENT_FORGOTTEN')}`)
  }
}

type Use = (wait: unknown) => unknown

let unused: Unused | undefined

/** Does what `reportForgotten` says. @internal */
export function watchForgotten(): () => void {
  if (unused === undefined) {
    const first = new Unused(thread.hub)
    unused = first
    onOperationMade((operation) => {
      first.add(operation)
    })
  }
  const all = unused
  return () => {
    all.reportCollected()
  }
}
