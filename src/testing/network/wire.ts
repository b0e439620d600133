import { NamedTimer } from '../world/time/named-timer.js'
import type { Route } from './route.js'

/** The receiver at the end of a wire. */
export interface Receiver {
  /** Bytes have arrived. */
  received(bytes: Buffer): void
  /** The end of the stream has arrived. */
  receivedEnd(): void
  /** The other side has broken the connection off. */
  receivedReset(): void
  /** The network has broken the connection off, for both sides. */
  brokenOff(): void
}

interface Write {
  bytes: Buffer
  readonly accepted: () => void
}

/** Something on its way: bytes, the end of the stream, or a reset. */
type Parcel = Buffer | 'end' | 'reset'

/**
 * One direction of a connection. It keeps the order, takes time, and takes in only so much that the other side has not
 * read yet, as the buffers of two kernels do.
 */
export class Wire {
  private readonly writes: Write[] = []
  /** The bytes that were taken in and have not been read. */
  private occupied = 0
  /** The parcels on their way, in order; they arrive in that order, whichever of their timers rings first. */
  private readonly inFlight: Parcel[] = []
  /** The parcels that met an obstacle, and wait until the route is open. */
  private stopped: Parcel[] = []
  private lastArrival = 0
  private state: 'open' | 'ending' | 'ended' = 'open'

  constructor(
    private readonly route: Route,
    private readonly receiver: Receiver,
  ) {
    route.wires.add(this)
  }

  /** Sends bytes; calls `accepted` when there was room for all of them, which may be at once. */
  send(bytes: Buffer, accepted: () => void): void {
    this.writes.push({ bytes, accepted })
    this.takeIn()
  }

  /** Sends the end of the stream after what was sent before. */
  end(): void {
    if (this.state !== 'open') return
    this.state = 'ending'
    this.takeIn()
  }

  /** Sends a reset. What is on its way arrives before it; what was not taken in never does. */
  reset(): void {
    this.writes.length = 0
    this.state = 'ended'
    this.carry('reset')
  }

  /** The sender is gone: what was taken in arrives, and then the end. */
  close(): void {
    this.writes.length = 0
    this.end()
  }

  /** The receiver has read so many bytes: there is room for as many more. */
  free(size: number): void {
    this.occupied -= size
    this.takeIn()
  }

  /** The route is open again. */
  resume(): void {
    // What was sent first has come to the obstacle first.
    const { stopped } = this
    this.stopped = []
    for (const parcel of stopped) this.carry(parcel)
  }

  private takeIn(): void {
    const { window } = this.route.options
    for (let write = this.writes[0]; write !== undefined; write = this.writes[0]) {
      const bytes = write.bytes.subarray(0, Math.max(0, window - this.occupied))
      // The writer may use its memory again as soon as it is notified.
      if (bytes.length > 0) this.carry(Buffer.from(bytes))
      this.occupied += bytes.length
      write.bytes = write.bytes.subarray(bytes.length)
      if (write.bytes.length > 0) return
      this.writes.shift()
      write.accepted()
    }
    if (this.state !== 'ending') return
    this.state = 'ended'
    this.carry('end')
  }

  private carry(parcel: Parcel): void {
    const { route } = this
    const { now } = route.world.timeline
    const size = typeof parcel === 'string' ? 0 : parcel.length
    this.inFlight.push(parcel)
    // What was sent first arrives first, on one wire; not so on two.
    this.lastArrival = Math.max(this.lastArrival, now + route.latency() + size / route.options.bandwidth)
    route.world.timeline.start(new NamedTimer(`${route.name} arrives`, this.arrive), this.lastArrival - now)
  }

  private readonly arrive = (): void => {
    const { route, receiver } = this
    const parcel = this.inFlight.shift()!
    if (route.isBlocked) {
      this.stopped.push(parcel)
      return
    }
    if (parcel instanceof Buffer) {
      if (route.breaksOff()) receiver.brokenOff()
      else receiver.received(parcel)
      return
    }
    route.wires.delete(this)
    if (parcel === 'end') receiver.receivedEnd()
    else receiver.receivedReset()
  }
}
