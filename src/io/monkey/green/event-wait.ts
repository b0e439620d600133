import type { EventEmitter } from 'node:events'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import { NetworkOperation } from '../../net/network.js'
import { ClosedError } from '../../net/socket-errors.js'
import { ignoreLateErrors } from './ignore-late-errors.js'

/** Describes a state that an object of Node's reaches once and announces by events: connected, ended. */
export interface EventOutcome<E extends EventEmitter, T> {
  /** Describes the wait, for reports. */
  describe(emitter: E): string
  /** The result of a wait if it is there already; `undefined` if not. @throws when it has failed before. */
  peek(emitter: E): T | undefined
  /** By which events it comes to that, and what a wait gives then. An `error`, or a `close` before, raises. */
  readonly events: Readonly<Record<string, (emitter: E, ...args: never[]) => T>>
  /** Stops it: who waited for it has given up, and nobody else waits or has seen the result. */
  giveUp(emitter: E): void
  /** Whether errors that come later, while nothing waits, are not to end the process: see {@link ignoreLateErrors}. */
  readonly ignoresLateErrors: boolean
  /** Whether it is done in the world outside of a simulation, whatever network that has. */
  readonly isExternal?: boolean
}

/** How many wait for each object, or have got what they waited for. */
const interested = new WeakMap<EventEmitter, number>()

/** Waits for an {@link EventOutcome}; giving up stops it. */
export class EventWait<E extends EventEmitter, T> extends NetworkOperation<T, Listeners | undefined> {
  constructor(
    private readonly emitter: E,
    private readonly completion: EventOutcome<E, T>,
  ) {
    super()
  }

  beginWait(wait: Wait<T, Listeners | undefined>): void {
    const { emitter, completion } = this
    interested.set(emitter, (interested.get(emitter) ?? 0) + 1)
    const result = completion.peek(emitter)
    if (result !== undefined) {
      wait.resolve(result)
      return
    }
    if (completion.ignoresLateErrors) ignoreLateErrors(emitter)
    wait.detail = new Listeners(emitter, {
      error: (error: unknown) => wait.reject(error),
      close: () => wait.reject(new ClosedError(`${this.describe()}: it was closed`)),
      ...Object.fromEntries(
        Object.entries(completion.events).map(([name, toResult]) => [
          name,
          (...args: never[]) => wait.resolve(toResult(emitter, ...args)),
        ]),
      ),
    })
  }

  cancelWait(wait: Wait<T, Listeners | undefined>): void {
    wait.detail?.remove()
    this.leave()
  }

  override undoWait(wait: Wait<T, Listeners | undefined>): void {
    this.cancelWait(wait)
  }

  override isExternal(): boolean {
    return this.completion.isExternal === true || super.isExternal()
  }

  override describe(): string {
    return this.completion.describe(this.emitter)
  }

  private leave(): void {
    const { emitter, completion } = this
    const left = interested.get(emitter)! - 1
    interested.set(emitter, left)
    if (left > 0) return
    // What is broken off may complain.
    ignoreLateErrors(emitter)
    completion.giveUp(emitter)
  }
}

type Listener = (...args: never[]) => unknown

/** Listeners that are there as long as something waits: the first event takes all of them away. */
export class Listeners {
  private readonly listeners: [string, Listener][]

  constructor(
    private readonly emitter: EventEmitter,
    listeners: Readonly<Record<string, Listener>>,
  ) {
    this.listeners = Object.entries(listeners).map(([name, listener]) => [
      name,
      (...args: never[]) => {
        this.remove()
        listener(...args)
      },
    ])
    for (const [name, listener] of this.listeners) emitter.on(name, listener as never)
  }

  remove(): void {
    for (const [name, listener] of this.listeners.splice(0)) this.emitter.off(name, listener as never)
  }
}
