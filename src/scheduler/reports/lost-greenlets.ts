import { summary } from './dump.js'
import { others } from './listed.js'
import type { CapturedStack } from '../checks/captured-stack.js'
import type { Greenlet } from '../greenlets/greenlet.js'
import { reporter } from '../kernel/reporter.js'
import type { Registry } from '../kernel/runnable.js'
import { thread } from '../kernel/thread.js'

/** The facts that outlive a greenlet that is gone. It must not refer to the greenlet. */
interface Remains {
  id: number
  text: string
  spawnStack: CapturedStack | undefined
}

/** So many of those that were lost are remembered. */
const REMEMBERED = 20

/** The greenlets that were found lost last. @internal */
export const lost: { readonly recent: { readonly id: number; readonly text: string }[] } = { recent: [] }

/**
 * Keeps greenlets alive only by what they wait for: one whose queue, event or lock is gone is collected with it, and
 * reported then.
 */
class WeakRegistry implements Registry {
  private readonly references = new Map<number, WeakRef<Greenlet>>()
  private readonly remains = new WeakMap<Greenlet, Remains>()
  private readonly finalization = new FinalizationRegistry<Remains>((remains) => {
    const spawnedAt = reporter.formatStack(remains.spawnStack)
    this.references.delete(remains.id)
    thread.hub.alive--
    lost.recent.push(remains)
    if (lost.recent.length > REMEMBERED) lost.recent.shift()
    thread.hub.platform.report(
      `${remains.text} is lost: nothing references what it waits for any more, so nothing can wake it, ` +
        `and its cleanup will not run.${spawnedAt === '' ? '' : `\n  spawned\n${spawnedAt}`}`,
    )
  })

  add(greenlet: Greenlet): void {
    const remains: Remains = { id: greenlet.id, text: String(greenlet), spawnStack: greenlet.rare?.spawnStack }
    this.remains.set(greenlet, remains)
    this.references.set(greenlet.id, new WeakRef(greenlet))
    this.finalization.register(greenlet, remains, greenlet)
  }

  delete(greenlet: Greenlet): void {
    this.references.delete(greenlet.id)
    this.finalization.unregister(greenlet)
  }

  *[Symbol.iterator](): Generator<Greenlet> {
    for (const reference of Array.from(this.references.values()).reverse()) {
      const greenlet = reference.deref()
      if (greenlet !== undefined) yield greenlet
    }
  }

  afterStep(greenlet: Greenlet): void {
    const remains = this.remains.get(greenlet)
    if (remains !== undefined && !greenlet.dead) remains.text = summary(greenlet)
  }
}

/**
 * From now on, greenlets that nothing can wake any more, because nothing refers to what they wait for, are reported when
 * the garbage collector finds them: with what they waited for and where they were spawned. A report may come late or
 * never, as the collector likes, but it is never wrong. The same is switched on by the environment variable
 * `GVENT_LOST=1`. Calls of compiled async functions are reported, too; and those that wait for ever when the program
 * ends, then. It costs some microseconds a greenlet. (Go: the `goroutineleak` profile.)
 */
export function reportLost(): void {
  const { hub } = thread
  const registry = new WeakRegistry()
  for (const greenlet of hub.greenlets().reverse()) registry.add(greenlet)
  hub.registry = registry
  hub.addInstrument(registry)
  others.areLostReported = true
  others.reportLost()
}
