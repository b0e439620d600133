import { NamedTimer } from '../world/named-timer.js'
import type { World } from '../world/world.js'
import type { Wire } from './wire.js'

/** How a simulated network behaves. */
export interface NetworkOptions {
  /** The least and the most that a message takes, in milliseconds: 1 to 10 unless given. */
  readonly latency?: readonly [least: number, most: number] | undefined
  /** Bytes a millisecond; no limit unless given. */
  readonly bandwidth?: number | undefined
  /** How many bytes a connection takes in, in each direction, before they are read: 65,536 unless given. */
  readonly window?: number | undefined
  /** Whether what arrives may come in pieces, as it may on any stream. `true` unless given. */
  readonly shortReads?: boolean | undefined
  /** Whether the network may break connections off. `false` unless given. */
  readonly resets?: boolean | undefined
  /** Whether connections may be refused although somebody listens. `false` unless given. */
  readonly refusals?: boolean | undefined
  /** Whether looking up a name may fail. `false` unless given. */
  readonly lookupFailures?: boolean | undefined
}

/** The options with all that was left out. */
export type Behaviour = { readonly [K in keyof NetworkOptions]-?: NonNullable<NetworkOptions[K]> }

/** So many latencies are tried, from the least to the most. */
const LATENCIES = 4

/** The way from one host to another, or to itself: what all connections between the two have in common. */
export class Route {
  /** The directions of connections that run here. */
  readonly wires: Set<Wire> = new Set<Wire>()
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
