import { Semaphore, type Coroutine } from '../../../index.js'
import { RemoteRateLimiter, RemoteSemaphore, type FleetStore } from '../../../jobs/index.js'
import type { Place, PlacesOptions } from '../requests/places.js'

/** The limits of a host, of which one of this process asks at a time for each of its places. */
interface Host {
  users: number
  readonly own: Semaphore | undefined
  readonly places: RemoteSemaphore | undefined
  readonly rate: RemoteRateLimiter | undefined
}

/** Limits how many are under way, and begin in a second, in all processes that use one store. */
export class FleetPlaces {
  readonly rate: RemoteRateLimiter | undefined
  private readonly hosts = new Map<string, Host>()

  /**
   * @param store may be absent if there is no limit.
   * @param prefix of the names there.
   */
  constructor(
    private readonly store: FleetStore | undefined,
    private readonly prefix: string,
    private readonly options: Omit<PlacesOptions, 'concurrency'>,
  ) {
    this.rate = this.limiter('rate', options.rate)
  }

  place(): Place {
    return new FleetPlace(this)
  }

  /** Returns the limits of a host, for one more. @internal */
  enter(name: string): Host {
    const host = this.hosts.get(name) ?? this.make(name)
    this.hosts.set(name, host)
    host.users++
    return host
  }

  /** Forgets a host without users. @internal */
  leave(name: string, host: Host): void {
    if (--host.users === 0) this.hosts.delete(name)
  }

  private make(name: string): Host {
    const { perHost, ratePerHost } = this.options
    const isLimited = perHost !== Infinity
    return {
      users: 0,
      own: isLimited ? new Semaphore(perHost) : undefined,
      places: isLimited ? new RemoteSemaphore(this.store!, this.name('places', name), perHost) : undefined,
      rate: this.limiter(`rate:${name}`, ratePerHost),
    }
  }

  /** Starts are spread evenly. */
  private limiter(name: string, perSecond: number): RemoteRateLimiter | undefined {
    if (perSecond === Infinity) return undefined
    return new RemoteRateLimiter(this.store!, this.name(name), { limit: 1, per: 1000 / perSecond, burst: 1 })
  }

  private name(...parts: string[]): string {
    return [this.prefix, ...parts]
      .join(':')
      .replace(/[^\w.:-]/g, '_')
      .slice(0, 200)
  }
}

class FleetPlace implements Place {
  private readonly held: Disposable[] = []

  constructor(private readonly places: FleetPlaces) {}

  *enter(hostname: string): Coroutine<void> {
    const { places } = this
    const host = places.enter(hostname)
    this.held.push({ [Symbol.dispose]: () => places.leave(hostname, host) })
    if (host.own !== undefined) this.held.push(yield* host.own.acquire())
    if (host.places !== undefined) this.held.push(yield* host.places.acquire())
    if (host.rate !== undefined) yield* host.rate.acquire()
    if (places.rate !== undefined) yield* places.rate.acquire()
  }

  *enterAlso(hostname: string): Coroutine<void> {
    const host = this.places.enter(hostname)
    try {
      if (host.rate !== undefined) yield* host.rate.acquire()
    } finally {
      this.places.leave(hostname, host)
    }
  }

  leave(): void {
    while (this.held.length > 0) this.held.pop()![Symbol.dispose]()
  }

  *pause(wait: Iterable<unknown> & Coroutine<void>): Coroutine<void> {
    this.leave()
    yield* wait
  }

  close(): void {
    this.leave()
  }
}
