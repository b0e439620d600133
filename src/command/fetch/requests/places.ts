import { RateLimiter, Semaphore, type Coroutine } from '../../../index.js'

/** How many may wait for the turn of their host while others run. */
const WAITING = 1000
/** How many may pause without a place. */
const PAUSING = 10_000

/** Limits of what is under way; rates are a second. `Infinity` is no limit. */
export interface PlacesOptions {
  readonly concurrency: number
  readonly perHost: number
  readonly rate: number
  readonly ratePerHost: number
}

/** Limits how many are under way: in all, to a host, and in a second. */
export class Places {
  /** Of those that were taken from the list, which is read no faster than they end. */
  readonly admission: Semaphore
  /** Of those that run, where those that were admitted are more. */
  readonly running: Semaphore | undefined
  readonly rate: RateLimiter | undefined
  pausing = 0
  private readonly hosts = new Map<string, Host>()

  constructor(private readonly options: PlacesOptions) {
    const { concurrency, perHost, rate, ratePerHost } = options
    const isByHost = perHost !== Infinity || ratePerHost !== Infinity
    this.admission = new Semaphore(isByHost ? concurrency + WAITING : concurrency)
    this.running = isByHost ? new Semaphore(concurrency) : undefined
    this.rate = rate === Infinity ? undefined : limiter(rate)
  }

  /** Waits until another URL may be taken from the list. */
  *admit(): Coroutine<Place> {
    if (this.admission.acquireNowait() === undefined) yield* this.admission.acquire()
    return new LocalPlace(this)
  }

  /** The limits of a host. @internal */
  host(name: string): Host {
    let host = this.hosts.get(name)
    if (host === undefined) {
      const { perHost, ratePerHost } = this.options
      host = {
        users: 0,
        places: perHost === Infinity ? undefined : new Semaphore(perHost),
        rate: ratePerHost === Infinity ? undefined : limiter(ratePerHost),
      }
      this.hosts.set(name, host)
    }
    host.users++
    return host
  }

  /** Forgets a host without users, unless it has a pace to remember. @internal */
  forget(name: string, host: Host): void {
    if (--host.users === 0 && host.rate === undefined) this.hosts.delete(name)
  }
}

interface Host {
  users: number
  readonly places: Semaphore | undefined
  readonly rate: RateLimiter | undefined
}

/** The places of one URL. Closing it gives all back. */
export interface Place {
  /** Waits for a place to run. */
  enter(hostname: string): Coroutine<void>
  /** Waits for the turn of another host, to which a redirect leads. */
  enterAlso(hostname: string): Coroutine<void>
  /** Gives the place to run back. */
  leave(): void
  /** Waits while others have the place. */
  pause(wait: Iterable<unknown> & Coroutine<void>): Coroutine<void>
  close(): void
}

class LocalPlace implements Place {
  private readonly held: Semaphore[] = []
  private left: (() => void) | undefined

  /** @internal */
  constructor(private readonly places: Places) {
    this.held.push(places.admission)
  }

  *enter(hostname: string): Coroutine<void> {
    const { running, rate } = this.places
    if (running !== undefined) {
      const host = this.places.host(hostname)
      this.left = () => this.places.forget(hostname, host)
      if (host.places !== undefined) yield* this.hold(host.places)
      if (host.rate !== undefined) yield* host.rate.acquire()
      yield* this.hold(running)
    }
    if (rate !== undefined) yield* rate.acquire()
  }

  *enterAlso(hostname: string): Coroutine<void> {
    if (this.places.running === undefined) return
    const host = this.places.host(hostname)
    try {
      if (host.rate !== undefined) yield* host.rate.acquire()
    } finally {
      this.places.forget(hostname, host)
    }
  }

  leave(): void {
    while (this.held.length > 1) this.held.pop()!.release()
    this.left?.()
    this.left = undefined
  }

  *pause(wait: Iterable<unknown> & Coroutine<void>): Coroutine<void> {
    const { places } = this
    this.leave()
    const isAway = places.pausing++ < PAUSING
    try {
      if (isAway) this.close()
      yield* wait
      if (isAway) yield* this.hold(places.admission)
    } finally {
      places.pausing--
    }
  }

  close(): void {
    this.leave()
    this.held.pop()?.release()
  }

  private *hold(semaphore: Semaphore): Coroutine<void> {
    if (semaphore.acquireNowait() === undefined) yield* semaphore.acquire()
    this.held.push(semaphore)
  }
}

/** Starts are spread evenly. */
function limiter(perSecond: number): RateLimiter {
  return new RateLimiter({ limit: 1, per: 1000 / perSecond, burst: 1 })
}
