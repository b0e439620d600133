import { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { Members } from '../../scheduler/groups/membership.js'

/** The greenlet that handles something that came in. @internal */
export class Handler extends Greenlet {
  /** Its neighbours among the handlers of its server. */
  handlerBefore: Handler | HandlerList | null = null
  handlerAfter: Handler | null = null

  override hasSpawner(): boolean {
    return false
  }
}

/**
 * The handlers of a server. The links are in the handlers, each of which has one server: a set would take twice the memory
 * and several times as long, for each connection and for each request.
 * @internal
 */
export class HandlerList implements Members {
  size = 0
  handlerAfter: Handler | null = null
  private last: Handler | HandlerList = this

  has(greenlet: Greenlet): boolean {
    return greenlet instanceof Handler && greenlet.handlerBefore !== null
  }

  add(greenlet: Greenlet): boolean {
    const handler = greenlet as Handler
    if (handler.handlerBefore !== null) return false
    handler.handlerBefore = this.last
    this.last = this.last.handlerAfter = handler
    this.size++
    return true
  }

  delete(greenlet: Greenlet): boolean {
    const handler = greenlet as Handler
    const { handlerBefore, handlerAfter } = handler
    if (handlerBefore === null) return false
    handlerBefore.handlerAfter = handlerAfter
    if (handlerAfter === null) this.last = handlerBefore
    else handlerAfter.handlerBefore = handlerBefore
    handler.handlerBefore = handler.handlerAfter = null
    this.size--
    return true
  }

  [Symbol.iterator](): IterableIterator<Greenlet> {
    const handlers: Greenlet[] = []
    for (let handler = this.handlerAfter; handler !== null; handler = handler.handlerAfter) handlers.push(handler)
    return handlers.values()
  }
}
