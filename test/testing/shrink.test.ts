import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '#testing/choices/random'
import { shrink } from '#testing/search/shrink'
import { decodeToken, encodeToken } from '#testing/choices/token'

/** Shrinks a list, as long as what is left satisfies the predicate. */
async function minimal(list: number[], fails: (choices: readonly number[]) => boolean): Promise<readonly number[]> {
  const counts = list.map(() => 100)
  return shrink({ values: list, counts }, (values) => Promise.resolve(fails(values) ? { values, counts } : undefined))
}

test('what does not matter becomes 0, and is cut off at the end', async () => {
  assert.deepEqual(await minimal([3, 1, 4, 1, 5, 9, 2, 6], (choices) => (choices[4] ?? 0) >= 2), [0, 0, 0, 0, 2])
})

test('what has to come together stays together', async () => {
  const random = new Random(1)
  const list = Array.from({ length: 200 }, () => random.below(4))
  list[20] = list[120] = 3
  const fails = (choices: readonly number[]): boolean => {
    const first = choices.indexOf(3)
    return first !== -1 && choices.includes(3, first + 2)
  }
  assert.deepEqual(await minimal(list, fails), [3, 0, 3])
})

test('nothing is left of a failure that needs nothing', async () => {
  assert.deepEqual(await minimal([1, 2, 3], () => true), [])
})

test('the number of attempts is bounded', async () => {
  let attempts = 0
  const list = Array.from({ length: 2000 }, (_, index) => 1 + (index % 3))
  await minimal(list, (choices) => {
    attempts++
    return choices.length === list.length && choices.every((choice, index) => choice === list[index])
  })
  assert.ok(attempts <= 2000)
})

test('a token holds all that a run depends on', () => {
  const random = new Random(7)
  for (let round = 0; round < 200; round++) {
    const recipe = {
      seed: random.next(),
      slowness: random.below(1000),
      maxSteps: 1 + random.below(2_000_000),
      autojump: random.chance(0.5),
      cancel: random.chance(0.5),
      globals: random.chance(0.5),
      nativeAwaits: random.chance(0.5),
      choices: [...Array.from({ length: random.below(100) }, () => Math.max(0, random.below(80) - 60)), 1],
    }
    assert.deepEqual(decodeToken(encodeToken(recipe)), recipe)
  }
})

test('a token that was cut or mistyped is refused', () => {
  const recipe = {
    seed: 12345,
    slowness: 100,
    maxSteps: 10_000,
    autojump: true,
    cancel: false,
    globals: false,
    nativeAwaits: false,
    choices: [1],
  }
  const token = encodeToken(recipe)
  for (const wrong of ['', 'g1', token.slice(0, -1), token.slice(1), `${token}!`, `g2${token.slice(2)}`]) {
    assert.throws(() => decodeToken(wrong), /is not a token/)
  }
})
