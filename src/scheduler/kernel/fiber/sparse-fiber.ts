import type { Driven } from '../frames.js'
import { Operation } from '../operation.js'
import type { Greenlet } from '../runnable.js'
import type { CapturedStack } from '../../checks/captured-stack.js'
import type { Wait } from '../wait.js'
import { Interruptions } from './interruptions.js'

/**
 * The state that few greenlets have, apart from them: where 100,000 are alive, most of the time of a spawn goes by the
 * size of the object.
 */
/** @internal */
export class RareState {
  label: string | undefined = undefined
  spawnStack: CapturedStack | undefined = undefined
  /** The values that it inherited or left to inherit; a map that is replaced and never changed. */
  inherited: ReadonlyMap<object, unknown> | null = null
  /** The values of its own, which end with it. */
  locals: WeakMap<object, unknown> | null = null
  interruptions: Interruptions | null = null
  callers: Driven['callers'] = null
  context: unknown = null
  /** If it was made to call a function: the wait for what that returns. */
  callWait: Wait<unknown> | null = null
  daemon = false

  /** Drops what an ended greenlet needs no more. */
  end(): void {
    this.inherited = this.locals = this.interruptions = this.callers = this.callWait = this.context = null
  }
}

/**
 * The parts that a greenlet has only when they are used: `rare` is made for the first of it.
 * @internal
 */
export abstract class SparseFiber<T> extends Operation<T> {
  /** @internal */
  rare: RareState | null

  constructor() {
    super()
    this.rare = null
  }

  /** @internal */
  ensureRare(): RareState {
    return (this.rare ??= new RareState())
  }

  /** @internal */
  get callers(): Driven['callers'] {
    return this.rare === null ? null : this.rare.callers
  }

  set callers(callers: Driven['callers']) {
    this.ensureRare().callers = callers
  }

  /** @internal */
  get interruptions(): Interruptions | null {
    return this.rare === null ? null : this.rare.interruptions
  }

  /** @internal */
  ensureInterruptions(): Interruptions {
    return ((this.rare ??= new RareState()).interruptions ??= new Interruptions())
  }

  /** How many shields it is in. @internal */
  get shields(): number {
    return this.interruptions === null ? 0 : this.interruptions.shields
  }

  /** The ambient context of its next step; `null` where none is kept. @internal */
  protected get context(): unknown {
    return this.rare === null ? null : this.rare.context
  }

  /** @internal */
  get caller(): Greenlet | null {
    const callWait = this.rare?.callWait
    return callWait?.parked ? callWait.greenlet : null
  }
}
