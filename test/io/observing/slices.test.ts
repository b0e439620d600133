import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killAll, sleep, spawn } from 'gvent'

type Begun = { readonly answer: { readonly groups: readonly { readonly name: string; alive: number }[] } } | Pending

interface Pending {
  readonly pending: number
}

interface Handle {
  load(): Promise<{ snapshot(): Begun; later(number: number): Begun }>
}

test('a look at 100,000 greenlets lets the loop come round again and again before it is done', async () => {
  const asleep = Array.from({ length: 100_000 }, () =>
    spawn(function* nap() {
      yield* sleep(3_600_000)
    }),
  )
  try {
    await sleep(0)
    const handles = (globalThis as unknown as Record<symbol, Handle[]>)[Symbol.for('gvent.handles')]!
    const observed = await handles[0]!.load()
    let turns = 0
    let begun = observed.snapshot()
    while ('pending' in begun) {
      await new Promise(setImmediate)
      turns++
      begun = observed.later(begun.pending)
    }
    assert.deepEqual(
      begun.answer.groups.map(({ name, alive }) => [name, alive]),
      [['nap', 100_000]],
    )
    assert.ok(turns > 2, `${turns} turns`)
  } finally {
    await killAll(asleep)
  }
})
