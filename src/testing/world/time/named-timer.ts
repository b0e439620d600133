import { Timer } from '../../../scheduler/kernel/timers.js'

/** A timer that says in a diagram what happens when it rings. */
export class NamedTimer extends Timer<() => void> {
  constructor(
    /** `a message from a to b arrives` */
    readonly event: string,
    callback: () => void,
  ) {
    super(ring, callback)
  }
}

function ring(callback: () => void): void {
  callback()
}
