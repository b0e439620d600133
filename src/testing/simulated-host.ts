import type { AmbientContext, Host } from '../scheduler/host.js'
import type { World } from './world.js'

/** What a simulated hub stands on: the clock is the world's, the ambient context that of the real host. */
export class SimulatedHost implements Host {
  readonly captureContext: (() => AmbientContext) | undefined
  readonly contextIsImmutable: boolean

  constructor(
    private readonly world: World,
    private readonly real: Host,
  ) {
    this.captureContext = real.captureContext
    this.contextIsImmutable = real.contextIsImmutable
  }

  now(): number {
    return this.world.timeline.now
  }

  soon(callback: () => void): void {
    this.world.callSoon(callback)
  }

  later(callback: () => void): void {
    this.world.callLater(callback)
  }

  // The timers of a simulated hub are the world's own: it never asks for one of the platform.
  startTimer(): never {
    throw new Error('a simulation has no timer of the platform')
  }

  stopTimer(): void {
    // There is none.
  }

  report(text: string): void {
    this.world.reports.push(text)
  }

  markFailed(): void {
    this.world.failReported()
  }

  inspect(value: unknown): string {
    return this.real.inspect(value)
  }

  trapSignals(): () => void {
    return () => undefined
  }
}
