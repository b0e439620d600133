import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pauses, RestartPauses } from '#scheduler/policies/backoff'

const growing = { initial: 100, factor: 2, max: 500, jitter: 0.5 }

function pausesOf(backoff: Parameters<typeof Pauses.of>[0], failures: number): number[] {
  const pauses = Pauses.of(backoff, 'test')
  return Array.from({ length: failures }, (_, index) => pauses.after(index + 1))
}

test('pauses grow by the factor up to the limit', () => {
  assert.deepEqual(pausesOf({ ...growing, random: () => 0 }, 4), [100, 200, 400, 500])
})

test('a constant pause has a factor of 1 and no jitter', () => {
  assert.deepEqual(pausesOf({ initial: 30, factor: 1, jitter: 0 }, 3), [30, 30, 30])
})

test('the part of a pause that is random is taken off', () => {
  assert.deepEqual(pausesOf({ ...growing, random: () => 1 }, 2), [50, 100])
  assert.deepEqual(pausesOf({ ...growing, jitter: 1, random: () => 1 }, 2), [0, 0])
})

test('a failure far out waits for the limit, and not for infinity', () => {
  assert.equal(Pauses.of({ ...growing, random: () => 0 }, 'test').after(5000), 500)
})

test('pauses before restarts begin again with the first one after a long run', () => {
  const pauses = new RestartPauses(Pauses.of({ ...growing, random: () => 0 }, 'test'), 60_000)
  pauses.ended(10)
  assert.deepEqual([pauses.next(), pauses.next(), pauses.next(), pauses.next()], [100, 200, 400, 500])
  pauses.ended(59_999)
  assert.equal(pauses.next(), 500)
  pauses.ended(60_000)
  assert.deepEqual([pauses.next(), pauses.next()], [100, 200])
})

for (const [given, expected] of [
  [{ initial: -1 }, /initial/],
  [{ factor: 0.5 }, /factor/],
  [{ jitter: 2 }, /jitter/],
  [{ max: NaN }, /max/],
  [{ random: 5 }, /random/],
  ['100', /expected milliseconds/],
] as const) {
  test(`${JSON.stringify(given)} is refused`, () => {
    assert.throws(() => Pauses.of(given as never, 'here'), expected)
  })
}
