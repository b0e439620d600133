import { NamedTimer } from '../world/time/named-timer.js'
import type { World } from '../world/world.js'
import type { Behaviour } from './network-options.js'

/** So many latencies are tried, from the least to the most. */
const LATENCIES = 4

/** A direction of a connection, which goes on when the route is open again. */
export interface Resumable {
  resume(): void
}

/** The way from one host to another, or to itself: what all connections between the two have in common. */
export class Route {
  /** The directions of connections that run here. */
  readonly wires: Set<Resumable> = new Set<Resumable>()
  /**
   * Whether nothing gets through: it is held back, the network is partitioned, or a host is gone. In each case a sender
   * tries again and again, so that everything arrives once the way is open.
   */
  isBlocked = false
  private stopped: (() => void)[] = []

  constructor(
    readonly world: World,
    /** `a message from a to b` */
    readonly name: string,
    readonly options: Behaviour,
  ) {}

  setBlocked(isBlocked: boolean): void {
    const opens = this.isBlocked && !isBlocked
    this.isBlocked = isBlocked
    if (!opens) return
    for (const wire of Array.from(this.wires)) wire.resume()
    const { stopped } = this
    this.stopped = []
    for (const message of stopped) this.deliver(message)
  }

  /** Calls `message` when it has got through. */
  deliver(message: () => void): void {
    if (this.isBlocked) {
      this.stopped.push(message)
      return
    }
    const arrive = (): void => {
      if (this.isBlocked) this.stopped.push(message)
      else message()
    }
    this.world.timeline.start(new NamedTimer(`${this.name} arrives`, arrive), this.latency())
  }

  /** How long a message takes, in milliseconds. */
  latency(): number {
    const [least, most] = this.options.latency
    if (least === most) return least
    const latencyOf = (choice: number): number => least + Math.round(((most - least) * choice) / (LATENCIES - 1))
    return latencyOf(this.world.choose(LATENCIES, (choice) => `${this.name} takes ${latencyOf(choice)} ms`))
  }

  /** Whether the network breaks a connection off now. */
  breaksOff(): boolean {
    return this.options.resets && this.world.chooseRarely(2, () => `${this.name} breaks a connection off`) === 1
  }

  /** How many of so many bytes that have come are read at a time. */
  readable(size: number): number {
    if (!this.options.shortReads || size === 1) return size
    const sizes = [size, 1, Math.ceil(size / 2)]
    return sizes[this.world.chooseRarely(sizes.length, (choice) => `${sizes[choice]} of ${size} bytes are read`)]!
  }
}
