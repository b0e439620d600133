import { checkDuration } from '../../../scheduler/checks/check-duration.js'
import { misuse } from '../../../scheduler/checks/errors.js'
import { Operation } from '../../../scheduler/kernel/operation.js'
import type { Wait } from '../../../scheduler/kernel/wait.js'
import { currentWorld } from '../current.js'
import { NamedTimer } from './named-timer.js'
import type { World } from '../world.js'

class AllBlocked extends Operation<void> {
  constructor(private readonly world: World) {
    super()
  }

  beginWait(wait: Wait<void>): void {
    this.world.settlers.add(wait)
  }

  cancelWait(wait: Wait<void>): void {
    this.world.settlers.remove(wait)
  }

  override describe(): string {
    return 'waitAllBlocked()'
  }
}

/**
 * Waits until every other greenlet of the simulation waits, before the clock moves: whatever could happen by now has
 * happened. (Trio: `wait_all_tasks_blocked`, Go: `synctest.Wait`.)
 *
 * ```ts
 * const greenlet = spawn(function* () { yield* lock.acquire() })
 * yield* waitAllBlocked()
 * assert.equal(greenlet.state, 'waiting')
 * ```
 *
 * @throws Error outside of a simulation.
 * Cancel safety: nothing is lost.
 */
export function waitAllBlocked(): Operation<void> {
  return new AllBlocked(currentWorld('waitAllBlocked()'))
}

class Advance extends Operation<void, NamedTimer> {
  constructor(
    private readonly world: World,
    private readonly milliseconds: number,
  ) {
    super()
  }

  beginWait(wait: Wait<void, NamedTimer>): void {
    const { world, milliseconds } = this
    const timer = new NamedTimer(`${milliseconds} ms are over`, () => {
      world.settlers.add(wait)
    })
    wait.detail = timer
    world.allowClock(milliseconds)
    world.timeline.start(timer, milliseconds)
  }

  cancelWait(wait: Wait<void, NamedTimer>): void {
    const timer = wait.detail
    if (timer.tick === -1) this.world.settlers.remove(wait)
    else this.world.timeline.stop(timer)
  }

  override describe(): string {
    return `advance(${this.milliseconds})`
  }
}

/**
 * Moves the virtual clock on, and waits until all that was due by then has happened and every other greenlet waits.
 * Each timer on the way rings at its own moment, and the greenlets it wakes run before the next one. With
 * `simulate({ autojump: false }, …)` this is the only thing that moves the clock.
 *
 * @param milliseconds from 0 to less than `Infinity`.
 * @throws RangeError, TypeError for anything else; Error outside of a simulation.
 * Cancel safety: the clock stays where it has come to.
 */
export function advance(milliseconds: number): Operation<void> {
  checkDuration(milliseconds, 'advance(milliseconds)')
  if (milliseconds === Infinity) {
    throw misuse(
      new RangeError('advance(milliseconds): the clock cannot get to Infinity; pass a number of milliseconds'),
    )
  }
  return new Advance(currentWorld('advance()'), milliseconds)
}
