import { portableHost } from '../scheduler/host.js'
import type { World } from './world.js'

// Taken once: a simulation may put its own in their place.
const { setTimeout, process } = globalThis as unknown as {
  setTimeout: (callback: () => void, milliseconds: number) => unknown
  process?: { getActiveResourcesInfo?: () => string[] }
}

/** How often, in milliseconds, it is looked whether something real is still under way. */
const POLL = 2
/** For how many milliseconds something is waited for at first although nothing seems to be under way. */
const PROBATION = 50

/**
 * The world outside of a simulation: promises, I/O, timers of the platform. While greenlets wait for it the virtual
 * clock stands still. A promise that nothing real will settle, because another greenlet of the simulation is to do it,
 * must not stop the clock for ever; so it is looked at what the platform has under way that it did not have before.
 */
export class Outside {
  /** A program was stuck, and nothing came from here: it is known to be closed to the outside. */
  isUnheard = false
  private readonly before = countResources()
  // What was under way before may have come to its end since, and something of the program's taken its place in the
  // count. So the count is believed only after it was seen to be right.
  private isTrusted = this.before?.size === 0

  /** Lets the world outside have its turn. @returns whether it brought anything. */
  async wait(world: World, patience: number): Promise<boolean> {
    let woken = false
    world.onWake = () => {
      woken = true
    }
    try {
      const start = portableHost.now()
      await turn()
      while (!woken) {
        const time = portableHost.now() - start
        if (time > patience) return false
        if (!this.isBusy() && (this.isTrusted || time > PROBATION)) {
          this.isTrusted = true
          return false
        }
        await pause()
      }
      this.forgetEnded()
      return true
    } finally {
      world.onWake = null
    }
  }

  private isBusy(): boolean {
    const now = countResources()
    // Where the platform does not tell, there is only patience.
    if (now === undefined || this.before === undefined) return true
    for (const [resource, count] of now) if (count > (this.before.get(resource) ?? 0)) return true
    return false
  }

  private forgetEnded(): void {
    const now = countResources()
    for (const [resource, count] of this.before ?? []) {
      this.before!.set(resource, Math.min(count, now?.get(resource) ?? 0))
    }
  }
}

// All microtasks run before it comes back, and all I/O that is there has been polled.
async function turn(): Promise<void> {
  await new Promise<void>((resolve) => {
    portableHost.later(resolve)
  })
}

// The timer that ends it is under way itself until the turn after.
async function pause(): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, POLL)
  })
  await turn()
}

function countResources(): Map<string, number> | undefined {
  const resources = process?.getActiveResourcesInfo?.()
  if (resources === undefined) return undefined
  const counts = new Map<string, number>()
  for (const resource of resources) counts.set(resource, (counts.get(resource) ?? 0) + 1)
  return counts
}
