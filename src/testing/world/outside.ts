import { portableHost } from '../../scheduler/kernel/host.js'
import type { ForeignWaits } from './foreign-waits.js'
import { platform } from './platform.js'

// Taken once: a simulation may put its own in their place.
const { setTimeout, clearTimeout } = globalThis as unknown as {
  setTimeout: (callback: () => void, milliseconds: number) => unknown
  clearTimeout: (timer: unknown) => void
}

/** So many turns are enough for what is done in several, one after the other. */
const MOST_TURNS = 10
/** How often, in milliseconds, it is looked whether something real is still under way. */
const POLL = 2
/**
 * So many looks in a row have to find nothing under way before something that was begun is not waited for any more. It is
 * no span of time: on a machine that is busy otherwise, what is under way takes longer, and so do the looks.
 */
const PROBATION = 25

/**
 * The world outside of a simulation: promises, I/O, timers of the platform. While greenlets wait for it the virtual
 * clock stands still. A promise that nothing real will settle, because another greenlet of the simulation is to do it,
 * must not stop the clock for ever; so it is looked at what the platform has under way that it did not have before.
 */
export class Outside {
  /** A program was stuck, and nothing came from here: it is known to be closed to the outside. */
  isUnheard = false
  private before: string[] | undefined = undefined
  private hasBegun = false

  /** To be called when a simulation is about to begin: what is under way now is none of its own. */
  prepare(): void {
    this.hasBegun = false
    platform.openStreams()
    this.before = activeResources()
  }

  /** Lets everything happen that needs no more than a turn of the platform's loop. */
  async turn(): Promise<void> {
    for (let count = 0; count === 0 || (count < MOST_TURNS && hasImmediates()); count++) await turn()
  }

  /** Lets the world outside have its turn. @returns whether it brought anything. */
  async wait(foreign: ForeignWaits, patience: number): Promise<boolean> {
    let woken = false
    foreign.onWake = () => {
      woken = true
    }
    try {
      const isBusy = this.isBusy()
      this.hasBegun ||= isBusy
      if (isBusy) foreign.noteUncontrolled()
      const start = portableHost.now()
      await turn()
      let quietLooks = 0
      while (!woken) {
        const time = portableHost.now() - start
        if (time > patience) return false
        // Something that was under way before may have come to its end, and theirs have taken its place in the count.
        if (foreign.untold > 0 || this.isBusy()) quietLooks = 0
        else if (!this.hasBegun || ++quietLooks > PROBATION) return false
        await pause()
      }
      return true
    } finally {
      foreign.onWake = null
    }
  }

  /** Whether there is anything under way that was not before. */
  isBusy(): boolean {
    const now = activeResources()
    // Where the platform does not tell, there is only patience.
    if (now === undefined || this.before === undefined) return true
    const counts = new Map<string, number>()
    for (const resource of now) counts.set(resource, (counts.get(resource) ?? 0) + 1)
    for (const resource of this.before) counts.set(resource, (counts.get(resource) ?? 0) - 1)
    return Array.from(counts.values()).some((count) => count > 0)
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

function hasImmediates(): boolean {
  return activeResources()?.includes('Immediate') === true
}

let tells: boolean | undefined

/** Names what the platform has under way; `undefined` where it does not tell. */
function activeResources(): string[] | undefined {
  tells ??= tellsOfTimer()
  return tells ? platform.resourcesUnderWay() : undefined
}

// Bun has the function, and it names nothing.
function tellsOfTimer(): boolean {
  const timer = setTimeout(() => undefined, 1000)
  const resources = platform.resourcesUnderWay() ?? []
  clearTimeout(timer)
  return resources.length > 0
}
