import { outOfRange } from '../../scheduler/checks/bad-argument.js'
import { misuse } from '../../scheduler/checks/errors.js'
import { Operation } from '../../scheduler/kernel/operation.js'
import type { Wait } from '../../scheduler/kernel/wait.js'

/** A place in the order of a {@link Sequencer}: disposing of it lets the next one come. */
export interface Turn {
  /** Ends the turn: the next one may go on. */
  [Symbol.dispose](): void
}

/**
 * Forces an order upon greenlets: each takes a numbered turn, and a turn begins when the one before it is over.
 *
 * ```ts
 * const sequencer = new Sequencer()
 * spawn(function* () { { using turn = yield* sequencer.turn(0); log('first') } … })
 * spawn(function* () { using turn = yield* sequencer.turn(1); log('second') })
 * ```
 *
 * It is for tests of one certain order, with or without a simulation. (Trio: `trio.testing.Sequencer`.)
 */
export class Sequencer {
  private current = 0
  private readonly waiting = new Map<number, Wait<Turn>>()
  private readonly taken = new Set<number>()

  /**
   * Waits for the turn with this number.
   *
   * @param position a whole number from 0; each is used once.
   * @returns the turn, over when it is disposed of: `using turn = yield* sequencer.turn(3)`.
   * @throws RangeError when it is no such number, or was used before.
   * Cancel safety: a turn that was given up counts as over, so that the others go on.
   */
  turn(position: number): Operation<Turn> {
    if (!Number.isInteger(position) || position < 0) {
      throw outOfRange('sequencer.turn(position)', 'a whole number from 0', position)
    }
    return new TakeTurn(this, position)
  }

  /** @internal */
  take(wait: Wait<Turn>, position: number): void {
    if (this.taken.has(position)) {
      throw misuse(new RangeError(`sequencer.turn(${position}): there was one before, and each position has one turn`))
    }
    this.taken.add(position)
    this.waiting.set(position, wait)
    this.serve()
  }

  /** @internal */
  giveUp(position: number): void {
    this.waiting.delete(position)
    this.skipped.add(position)
    this.serve()
  }

  private readonly skipped = new Set<number>()
  private isOn = false

  private serve(): void {
    while (!this.isOn) {
      const position = this.current
      if (this.skipped.has(position)) {
        this.current++
        continue
      }
      const wait = this.waiting.get(position)
      if (wait === undefined) return
      this.waiting.delete(position)
      this.isOn = true
      wait.resolve(this.makeTurn())
    }
  }

  private makeTurn(): Turn {
    let isOver = false
    return {
      [Symbol.dispose]: () => {
        if (isOver) return
        isOver = true
        this.current++
        this.isOn = false
        this.serve()
      },
    }
  }
}

class TakeTurn extends Operation<Turn> {
  constructor(
    private readonly sequencer: Sequencer,
    private readonly position: number,
  ) {
    super()
  }

  beginWait(wait: Wait<Turn>): void {
    this.sequencer.take(wait, this.position)
  }

  cancelWait(): void {
    this.sequencer.giveUp(this.position)
  }

  override undoWait(_wait: Wait<Turn>, turn: Turn): void {
    turn[Symbol.dispose]()
  }

  override describe(): string {
    return `Sequencer.turn(${this.position})`
  }
}
