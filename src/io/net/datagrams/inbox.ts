import { Deque } from '../../../scheduler/queues/deque.js'
import type { Datagram } from './datagram-operations.js'

/** The cost of a datagram that waits, beyond its bytes, roughly. */
const OVERHEAD = 300

/** Keeps received datagrams up to a number of bytes, and those that were put back beyond it. @internal */
export class Inbox {
  private readonly waiting = new Deque<Datagram>()
  private used = 0

  constructor(private readonly memory: number) {}

  get size(): number {
    return this.waiting.size
  }

  hasRoomFor(datagram: Datagram): boolean {
    return this.used + costOf(datagram) <= this.memory
  }

  push(datagram: Datagram): void {
    this.waiting.push(datagram)
    this.used += costOf(datagram)
  }

  unshift(datagram: Datagram): void {
    this.waiting.unshift(datagram)
    this.used += costOf(datagram)
  }

  shift(): Datagram {
    const datagram = this.waiting.shift()
    this.used -= costOf(datagram)
    return datagram
  }

  clear(): void {
    while (this.size > 0) this.shift()
  }
}

function costOf([data]: Datagram): number {
  return data.length + OVERHEAD
}
