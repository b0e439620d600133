import { LightError, misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import { call } from '../../scheduler/greenlets/call.js'
import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { spawn } from '../../scheduler/greenlets/spawn.js'
import { Group } from '../../scheduler/groups/group.js'
import { Pool } from '../../scheduler/groups/pool.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import { thread } from '../../scheduler/kernel/thread.js'
import type { Members } from '../../scheduler/groups/membership.js'
import { HandlerList } from './handler-list.js'

/** The handlers of a server that run, or wait for a place. @internal */
export class Handlers extends Group {
  /** The places, in a pool of their own or in one of the program's; `null` where there is no limit. */
  private readonly places: Pool | null
  private readonly sharesPlaces: boolean

  /**
   * @param limit how many may run, or a pool of the program's.
   * @param server names what is started.
   * @param ended called when each ends, including those killed before they ran.
   */
  constructor(
    limit: Pool | number | undefined,
    private readonly server: { readonly constructor: { readonly name: string }; toString(): string },
    private readonly ended: (handler: Greenlet) => void,
  ) {
    super()
    this.sharesPlaces = limit instanceof Pool
    if (limit === undefined) this.places = null
    else if (typeof limit === 'number') this.places = new Pool(limit)
    else if (limit instanceof Pool) this.places = limit
    else {
      const where = `new ${server.constructor.name}(options)`
      throw misuse(new TypeError(`${where}: { spawn } must be a Pool or a number, got ${show(limit)}`))
    }
  }

  /** The most that may run. */
  get most(): number {
    return this.places?.maxSize ?? Infinity
  }

  /** Waits while there is no place; `undefined` if there is one. */
  untilPlace(): Operation<unknown> | undefined {
    return this.places?.full ? this.places.waitAvailable() : undefined
  }

  /** Starts a handler when there is a place for it; see `BaseServer.startHandler`. */
  startHandler(handler: Greenlet): Operation<unknown> {
    const { places } = this
    if (places === null) return call(() => (this.admitHandler(handler), true))
    // It may have ended before this greenlet continues.
    const takeIn = (): void => {
      if (handler.dead) this.ended(handler)
      else this.takeIn(handler)
    }
    return call(function* startHandler() {
      try {
        yield* places.start(handler)
        takeIn()
        return true
      } catch (error) {
        if (isInterruption(error)) throw error
        // A pool of the program's own that fails: that is how its handler ends, so that all is closed and answered.
        takeIn()
        handler.kill(error instanceof Error ? error : new Error(show(error), { cause: error }))
        return false
      }
    })
  }

  /** Starts a handler where nobody can wait: while there is no place, the handler does. */
  admitHandler(handler: Greenlet): void {
    const { places } = this
    this.takeIn(handler)
    if (places === null || (!this.sharesPlaces && !places.full)) {
      places?.takeIn(handler)
      handler.start()
      return
    }
    const starting = spawn(() => this.startHandler(handler))
    starting.name = `${this.server.toString()}.admit`
    // A program that kills all its greenlets kills this one, too.
    starting.onEnded(() => void (handler.started || handler.kill()))
  }

  protected override makeMembers(): Members {
    return new HandlerList()
  }

  override greenletEnded(handler: Greenlet): void {
    this.ended(handler)
    super.greenletEnded(handler)
  }
}

/** Whether an error was raised in the running greenlet from outside. @internal */
export function isInterruption(error: unknown): boolean {
  if (LightError.isLight(error)) return true
  return error !== undefined && error === thread.greenlet?.interruptions?.killedWith
}
