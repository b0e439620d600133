import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LifoQueue, Queue, Semaphore } from 'gvent'
import { searchLinearizability } from './linearizability.js'
import { queueOf, semaphoreOf } from './specifications.js'

/** Loses what a getter had got when it was killed. */
class Forgetful extends Queue<number> {
  override giveBack(): void {
    // Whoever put it believes that it was taken.
  }
}

/** Releases into the void when more than one waits. */
class Absentminded extends Semaphore {
  override release(): void {
    if (this.stats().waiting < 2) super.release()
  }
}

/** Says that it is full when it is half full. */
class Timid extends Queue<number> {
  override offer(item: number): number {
    return this.size > 0 ? 0 : super.offer(item)
  }
}

for (const [what, search] of Object.entries({
  'an item that is lost with its getter': () =>
    searchLinearizability(
      queueOf(() => new Forgetful(2), 2),
      1,
    ),
  'the wrong order': () =>
    searchLinearizability(
      queueOf(() => new LifoQueue<number>(), Infinity),
      1,
    ),
  'a wake-up that is lost': () =>
    searchLinearizability(
      semaphoreOf(() => new Absentminded(0), 0),
      1,
    ),
  'waiting without need': () =>
    searchLinearizability(
      queueOf(() => new Timid(2), 2),
      1,
    ),
})) {
  test(`the search for a history that no order explains finds ${what}`, async () => {
    await assert.rejects(search, { kind: 'error', message: /no order of the calls explains this/ })
  })
}
