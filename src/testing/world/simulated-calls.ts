import { GreenletExit } from '../../scheduler/checks/errors.js'
import { callBehind, type Call, type CallScheduler } from '../../async/calls/call.js'
import { custodyOf } from '../../async/kill/custody.js'
import { describeAwaited, nameOfCall, placeOfCall } from '../../async/reports/call-text.js'
import type { Actor } from '../choices/actor.js'
import type { Task } from '../choices/decision.js'

/** The world in which calls run, as far as they need it. */
interface Surroundings {
  readonly hub: { made: number }
  readonly options: { readonly detailed: boolean }
  readonly queue: { addTask(task: Task): void }
  readonly log: { readonly stepsOf: number[] }
  /** Promises are to call back before anybody is chosen. */
  readonly foreign: { disturb(): void }
}

/** A call of a compiled async function in a simulation. */
export class CallActor implements Actor {
  successful = true
  value: unknown = undefined
  error: unknown = undefined
  private readonly label: string

  constructor(
    readonly call: Call,
    readonly id: number,
    readonly parent: { readonly id: number } | undefined,
    private readonly world: Surroundings,
  ) {
    // To ask for it takes the longest of all that a step does, and later it cannot be had.
    const name = world.options.detailed ? nameOfCall(call) : ''
    this.label = name === '' ? `async ${id}` : name
  }

  get name(): string {
    return this.label
  }

  get dead(): boolean {
    return this.call.over
  }

  kill(): void {
    this.interrupt(new GreenletExit())
  }

  interrupt(error: unknown): void {
    custodyOf(this.call).interrupt(error)
    this.world.foreign.disturb()
  }

  describePlace(): string {
    const [file, line] = (
      placeOfCall(this.call)
        .split(/[/\\(\s]/)
        .at(-1) ?? ''
    ).split(':')
    return `${line === undefined ? '' : `${file!}:${line} `}await ${describeAwaited(this.call)}`
  }
}

/** A call that has what it awaited, and goes on when it is its turn. */
export class CallTurn implements Task {
  constructor(
    readonly actor: CallActor,
    private readonly value: unknown,
    private readonly failed: boolean,
  ) {}

  get id(): number {
    return this.actor.id
  }

  get name(): string {
    return this.actor.name
  }

  resume(): void {
    this.actor.call.go(this.value, this.failed)
  }
}

/**
 * The calls of a simulation. Each `await` is a place where another may go on: with `free`, any of those that could;
 * with `native` a call goes on in the engine's own order, and only clock, network and greenlets are free.
 */
export class SimulatedCalls implements CallScheduler {
  /** Whether there ever was one: then promises have to call back before anybody is chosen. */
  isInUse = false
  private readonly actors = new Map<Call, CallActor>()
  private readonly errors = new WeakSet<object>()
  private pausedActors: CallActor[] = []

  constructor(
    private readonly world: Surroundings,
    private readonly isNative: boolean,
  ) {}

  /** How many have not ended. */
  get size(): number {
    return this.actors.size
  }

  began(call: Call): void {
    this.isInUse = true
    const actor = new CallActor(call, ++this.world.hub.made, this.makerOf(call), this.world)
    this.actors.set(call, actor)
    // It has begun: what it does first is a part of somebody's step.
    this.world.log.stepsOf[actor.id] = 0
  }

  private makerOf({ parent }: Call): { readonly id: number } | undefined {
    if (parent === null) return undefined
    if (!('call' in parent)) return parent
    return parent.call === null ? undefined : this.actors.get(parent.call)
  }

  ready(call: Call, value: unknown, failed: boolean): void {
    if (this.isNative) {
      call.go(value, failed)
      return
    }
    const actor = this.actors.get(call)
    if (actor !== undefined) this.world.queue.addTask(new CallTurn(actor, value, failed))
  }

  paused(call: Call): void {
    const actor = this.actors.get(call)
    if (actor === undefined) return
    if (call.over) this.actors.delete(call)
    this.pausedActors.push(actor)
    this.world.foreign.disturb()
  }

  /** Whether a rejection that is not handled is one of a call of the simulation, or comes of one. */
  claims(reason: unknown, promise: unknown): boolean {
    return callBehind(promise)?.scheduler === this || this.errors.has(Object(reason) as object)
  }

  failed(call: Call, error: unknown): void {
    this.errors.add(Object(error) as object)
    const actor = this.actors.get(call)
    if (actor === undefined) return
    if (error instanceof GreenletExit) {
      actor.value = error
      return
    }
    actor.successful = false
    actor.error = error
  }

  /** Returns the calls that have come to an `await`, or to their end, since the last time. */
  takePaused(): CallActor[] {
    const actors = this.pausedActors
    this.pausedActors = []
    return actors
  }

  /** Whether one awaits a promise of which nothing is known: something outside may settle it. */
  get isWaiting(): boolean {
    for (const { call } of this.actors.values()) if (call.awaited !== undefined) return true
    return false
  }
}
