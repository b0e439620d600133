import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { AmbientContext } from '../../scheduler/kernel/host.js'
import { Hub } from '../../scheduler/kernel/hub.js'
import { StackBudget } from '../../scheduler/kernel/stack.js'
import type { Due } from '../../scheduler/kernel/timers.js'
import { makeSimulatedHost } from './simulated-host.js'
import type { World } from './world.js'

/** Captures no stack at all: that would cost more than the whole rest of a schedule. */
class NoStacks extends StackBudget {
  override take(): boolean {
    return false
  }
}

/** A hub whose run queue, clock and timers are those of a simulated {@link World}. */
export class SimulatedHub extends Hub {
  override readonly stacks: StackBudget
  override readonly errorStacks: StackBudget

  constructor(
    readonly world: World,
    private readonly real: Hub,
    detailed: boolean,
  ) {
    super()
    this.install(makeSimulatedHost(world, real.platform))
    this.stacks = detailed ? new StackBudget(this) : new NoStacks(this)
    this.errorStacks = detailed ? new StackBudget(this) : new NoStacks(this)
  }

  // The program that uses a context for the first time may do so in a simulation, but not only there.
  override keepContexts(captureContext: () => AmbientContext): void {
    this.real.keepContexts(captureContext)
    super.keepContexts(captureContext)
  }

  override now(): number {
    return this.world.timeline.now
  }

  override turnTime(): number {
    return this.world.timeline.now
  }

  override ready(greenlet: Greenlet): void {
    this.world.makeReady(greenlet)
  }

  // Each wait that is over at once is a choice of the simulation.
  override goesOn(): boolean {
    return false
  }

  override givesWay(greenlet: Greenlet): boolean {
    return this.world.givesWay(greenlet)
  }

  override soon(callback: () => void): void {
    this.world.callSoon(callback)
  }

  override startTimer(timer: Due, milliseconds: number): void {
    this.world.startTimer(timer, milliseconds)
  }

  override stopTimer(timer: Due): void {
    this.world.timeline.stop(timer)
  }
}
