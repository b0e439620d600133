import { call, green, undoCallBy } from '../greenlets/call.js'
import { checkFunction } from '../checks/check-function.js'
import { GreenletExit, KilledError, misuse } from '../checks/errors.js'
import type { Coroutine, Returned } from '../kernel/frames.js'
import { FramesAbove, pushBelow } from '../kernel/fiber/invocation.js'
import { Greenlet } from '../greenlets/greenlet.js'
import { joinAll, killAll } from '../waits/join.js'
import type { Kill } from '../greenlets/kill-options.js'
import type { Operation } from '../kernel/operation.js'
import type { WaitOptions } from '../kernel/wait-options.js'
import { Roster } from './roster.js'
import { OwnedResources, type OwnedResource } from './owned-resources.js'
import { protect } from '../waits/shield.js'
import { messageOf } from '../checks/show.js'
import { thread } from '../kernel/thread.js'
import { Timeout } from '../kernel/timeout.js'
import { limited } from '../waits/with-timeout.js'

/** The children of a {@link scope}, and the way to have more of them. */
export class Scope {
  /** @internal */
  readonly children: Roster<Greenlet> = new Roster<Greenlet>()
  /** @internal */
  readonly errors: unknown[] = []
  /** The exit that is raised in the body when a child has failed; it never leaves the scope. */
  private readonly interruption = new GreenletExit('a child of the scope failed')
  /** The exits of children that ended when the scope was ending. */
  private readonly exits = new WeakSet<GreenletExit>()
  private state: 'open' | 'ending' | 'ended' = 'open'
  /** Whether its owner is in the body, or waits for children none of which has failed. */
  private isInterruptible = true
  private readonly shields: number
  private owned: OwnedResources | null = null

  /** @internal */
  constructor(
    /** The greenlet that the scope belongs to. */
    readonly owner: Greenlet,
  ) {
    this.shields = owner.shields
  }

  /** How many children have not ended. */
  get size(): number {
    return this.children.size
  }

  /**
   * Starts a child. The scope does not end before it has.
   *
   * @returns the greenlet. Its error ends the scope, whether anybody waits for it or not.
   * @throws TypeError when the scope has ended. In one that is being ended the child is killed before it runs.
   */
  spawn<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Greenlet<Returned<R>> {
    if (this.state === 'ended') {
      throw misuse(
        new TypeError('scope.spawn() after the scope has ended: spawn inside of its function'),
        'GVENT_SCOPE',
      )
    }
    const child = new Greenlet<Returned<R>>(fn, ...args)
    child.parent = this.owner
    this.children.add(child)
    scopes.set(child, this)
    child.onEnded(() => {
      this.children.delete(child)
      const { killed } = child
      if (killed !== undefined && this.state === 'ending') this.exits.add(killed.exit)
      if (!child.successful) this.fail(child.observe())
    })
    child.start()
    if (this.state === 'ending') child.kill()
    return child
  }

  /**
   * Makes the scope the owner of something: it is closed when all children have ended, whatever ended the scope, and
   * the scope waits until it is. What is owned last is closed first.
   *
   * ```ts
   * yield* scope(function* (s) {
   *   const socket = s.own(net.connect(6000))
   *   …
   * })                             // the socket is closed here
   * ```
   *
   * @param thing anything that can be closed: by `Symbol.dispose`, `destroy()`, `close()` or `Symbol.asyncDispose`, of
   *   which the first that it has is called. What that raises is an error of the scope.
   * @returns the thing itself.
   * @throws TypeError for what cannot be closed, and when the scope has ended.
   */
  own<T>(thing: T): T {
    if (this.state === 'ended') {
      throw misuse(
        new TypeError('scope.own() after the scope has ended: call it inside of its function'),
        'GVENT_SCOPE',
      )
    }
    this.resources.add(thing)
    return thing
  }

  /** @internal */
  get resources(): OwnedResources {
    return (this.owned ??= new OwnedResources())
  }

  /**
   * Kills all children; the scope goes on. @returns an operation that ends when they have ended, as `killAll` gives.
   */
  kill(...kill: Kill): Operation<boolean> {
    return killAll(this.children, ...kill)
  }

  // The first failure kills the siblings and interrupts the body; those that follow are kept for the AggregateError.
  private fail(error: unknown): void {
    // One that waited for the value of a sibling fails by what ended the scope, and not by itself.
    if (KilledError.isKilled(error) && this.exits.has(error.cause as GreenletExit)) return
    this.errors.push(error)
    this.state = 'ending'
    this.kill()
    if (this.isInterruptible && this.errors.length === 1) this.owner.interrupt(this.interruption, this, this.shields)
  }

  // An interruption from outside at the moment when the limit of a child is up, in whatever order they come: it alone has
  // ended the scope, as it has if it comes first.
  private endBy(raised: unknown): void {
    const interruptions = this.owner.interruptions
    const isOvertaken = interruptions?.isOvertaken(raised) === true && this.errors.every(Timeout.isLimit)
    const error = isOvertaken && raised === this.interruption ? interruptions.shift() : raised
    if (isOvertaken) this.errors.length = 0
    this.isInterruptible = false
    if (error !== this.interruption) this.fail(error)
  }

  /** Runs the body, and then whatever it takes until all children have ended. @internal */
  *run(body: (scope: Scope) => unknown): Coroutine<unknown> {
    const outer = scopes.get(this.owner)
    scopes.set(this.owner, this)
    try {
      return yield* this.runAll(body)
    } finally {
      if (outer === undefined) scopes.delete(this.owner)
      else scopes.set(this.owner, outer)
    }
  }

  private *runAll(body: (scope: Scope) => unknown): Coroutine<unknown> {
    let value: unknown
    try {
      value = yield* call(body, this)
      while (this.children.size > 0) yield* joinAll(this.children)
    } catch (error) {
      this.endBy(error)
    } finally {
      this.isInterruptible = false
      this.owner.withdraw(this)
    }
    // Once it is ending, nothing that comes meanwhile takes the place of what ends it: that may be a kill.
    while (this.children.size > 0) yield* protect(joinAll(this.children))
    if (this.owned !== null) for (const error of yield* this.owned.close()) this.fail(error)
    this.state = 'ended'
    if (this.errors.length === 0) return value
    throw this.errors.length === 1 ? this.errors[0] : new AggregateError(this.errors, severalErrors(this.errors))
  }
}

/**
 * Makes the innermost scope that `greenlet` has entered the owner of `resource`, or else the greenlet itself: it is
 * closed before that ends.
 * @internal
 */
export function ownFor(greenlet: Greenlet, resource: OwnedResource): void {
  const scope = scopes.get(greenlet)
  const owner = scope?.owner === greenlet ? scope.resources : resourcesOf(greenlet)
  owner.add(resource)
  resource.owner = owner
}

const ownResources = new WeakMap<Greenlet, OwnedResources>()

function resourcesOf(greenlet: Greenlet): OwnedResources {
  let resources = ownResources.get(greenlet)
  if (resources === undefined) {
    resources = new OwnedResources()
    ownResources.set(greenlet, resources)
    pushBelow(greenlet, closing(greenlet, resources))
  }
  return resources
}

/** The outermost frame of a greenlet that owns something: closes that when all others have ended. */
function* closing(greenlet: Greenlet, owned: OwnedResources): Coroutine<unknown> {
  let reachesCaller = false
  try {
    const value = yield* new FramesAbove()
    reachesCaller = greenlet.rare?.callWait?.parked === true
    return value
  } finally {
    if (reachesCaller) handOver(greenlet, owned.takeAll() as OwnedResource[])
    else for (const error of yield* protect(() => owned.close())) greenlet.hub.raise(String(greenlet), error)
  }
}

// The value may be what was acquired, so that it belongs to its receiver: the caller, if that is a greenlet.
function handOver(greenlet: Greenlet, resources: readonly OwnedResource[]): void {
  const receiver = greenlet.rare!.callWait!.greenlet
  for (const resource of resources) {
    if (receiver === null) resource.owner = null
    else ownFor(receiver, resource)
  }
  undoCallBy(greenlet, () => {
    for (const resource of resources) resource.close()
  })
}

/** The innermost scope in which a greenlet runs: one that it has entered, or the one that it is a child of. */
const scopes = new WeakMap<Greenlet, Scope>()

function severalErrors(errors: readonly unknown[]): string {
  const texts = errors.map(messageOf)
  return `${errors.length} errors in a scope: ${texts.join('; ')}`
}

const scoped = green(function* scope(body: (scope: Scope) => unknown): Coroutine<unknown> {
  return yield* new Scope(thread.greenlet!).run(body)
})

/**
 * Runs `body`, and leaves only when all greenlets that were spawned in the scope have ended.
 *
 * ```ts
 * yield* scope(function* (s) {
 *   s.spawn(serve, left)
 *   s.spawn(serve, right)
 * })                             // both have ended here, whatever happened
 * ```
 *
 * The first error, of a child or of `body`, kills the others (and interrupts `body` where it waits); it is raised when
 * they have cleaned up; several errors are raised as one `AggregateError`. (Trio: nursery.)
 *
 * @param body a function, usually a generator function, that gets the {@link Scope}.
 * @param options limits for all of it.
 * @returns what `body` returns.
 * Cancel safety: a kill or timeout kills the children, waits for their cleanup, and is raised then.
 */
export function scope<T extends [] | readonly unknown[]>(
  body: (scope: Scope) => Generator<unknown, T, never>,
  options?: WaitOptions,
): Operation<T>
export function scope<R>(body: (scope: Scope) => R, options?: WaitOptions): Operation<Returned<R>>
export function scope<R>(body: (scope: Scope) => R, options?: WaitOptions): Operation<Returned<R>> {
  checkFunction(body, 'scope(body)')
  return limited(scoped(body), options) as Operation<Returned<R>>
}

/**
 * Makes the innermost scope in which the running greenlet is the owner of something, as {@link Scope.own} does.
 *
 * ```ts
 * const socket = own(net.connect(6000))
 * ```
 *
 * @returns the thing itself.
 * @throws TypeError outside of a scope, and for what cannot be closed.
 */
export function own<T>(thing: T): T {
  const { greenlet } = thread
  const scope = greenlet === null ? undefined : scopes.get(greenlet)
  if (scope !== undefined) return scope.own(thing)
  throw misuse(
    new TypeError(
      'own(thing) outside of a scope: write scope(function* (s) { const socket = s.own(net.connect(80)) })',
    ),
    'GVENT_SCOPE',
  )
}
