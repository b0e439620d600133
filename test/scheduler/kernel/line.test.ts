import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Attempt, Line, Question, race, sleep, spawn, type Claim, type Wait } from 'gvent'

/** Hands out numbers that were put in, one a call; a call may ask for a number that it refuses. */
class Dispenser {
  readonly line: Line = new Line()
  readonly numbers: number[] = []
  readonly undone: number[] = []

  put(...numbers: number[]): void {
    this.numbers.push(...numbers)
    this.line.serve()
  }
}

class Take extends Attempt<number, number> {
  constructor(
    private readonly dispenser: Dispenser,
    private readonly refused?: number,
  ) {
    super()
  }

  get line(): Line {
    return this.dispenser.line
  }

  isReady(): boolean {
    return this.dispenser.numbers.length > 0
  }

  perform(claim: Claim<number>): number {
    const number = this.dispenser.numbers.shift()!
    if (number === this.refused) throw new RangeError(`${number} is refused`)
    claim.detail = number
    return number
  }

  override undoWait(wait: Wait<number, number>): void {
    this.dispenser.undone.push(wait.detail)
    this.dispenser.numbers.unshift(wait.detail)
    this.dispenser.line.serve()
  }
}

class HasNumber extends Question {
  constructor(
    private readonly dispenser: Dispenser,
    milliseconds: number,
  ) {
    super({ timeout: milliseconds })
  }

  get line(): Line {
    return this.dispenser.line
  }

  isReady(): boolean {
    return this.dispenser.numbers.length > 0
  }
}

test('an attempt that is ready is performed at once, one that is not parks until its line is served', async () => {
  const dispenser = new Dispenser()
  dispenser.put(1)
  const got: number[] = []
  const greenlet = spawn(function* () {
    got.push(yield* new Take(dispenser))
    got.push(yield* new Take(dispenser))
  })
  await sleep(0)
  assert.deepEqual(got, [1])
  assert.equal(dispenser.line.size, 1)
  dispenser.put(2)
  await greenlet
  assert.deepEqual(got, [1, 2])
  assert.equal(dispenser.line.size, 0)
})

test('a line serves those in front, in order, until one is not ready', async () => {
  const dispenser = new Dispenser()
  const got: string[] = []
  const greenlets = ['a', 'b', 'c'].map((name) =>
    spawn(function* () {
      got.push(`${name}${yield* new Take(dispenser)}`)
    }),
  )
  await sleep(0)
  dispenser.put(1, 2)
  await greenlets[1]!
  assert.deepEqual(got, ['a1', 'b2'])
  assert.equal(dispenser.line.size, 1)
  dispenser.put(3)
  await greenlets[2]!
  assert.deepEqual(got, ['a1', 'b2', 'c3'])
})

test('what an attempt raises is the error of its wait, and the next one is served', async () => {
  const dispenser = new Dispenser()
  const refusing = spawn(() => new Take(dispenser, 1))
  const other = spawn(() => new Take(dispenser))
  await sleep(0)
  dispenser.put(1, 2)
  await assert.rejects(Promise.resolve(refusing), RangeError)
  assert.equal(await other, 2)
})

test('what a greenlet got that was killed before it ran is served to the next one', async () => {
  const dispenser = new Dispenser()
  const first = spawn(() => new Take(dispenser))
  const second = spawn(() => new Take(dispenser))
  await sleep(0)
  dispenser.put(1)
  void first.kill()
  assert.equal(await second, 1)
  assert.deepEqual(dispenser.undone, [1])
})

test('only one attempt of a race takes effect, and the others leave their lines', async () => {
  const [left, right] = [new Dispenser(), new Dispenser()]
  const winner = spawn(() => race([new Take(left), new Take(right)]))
  await sleep(0)
  right.put(7)
  left.put(8)
  assert.equal(await winner, 7)
  assert.deepEqual([left.line.size, left.numbers], [0, [8]])
})

test('a question is answered with true when it is ready, and with false when its time is up', async () => {
  const dispenser = new Dispenser()
  assert.equal(await new HasNumber(dispenser, 0), false)
  assert.equal(dispenser.line.size, 0)
  const asking = spawn(() => new HasNumber(dispenser, 1_000_000))
  await sleep(0)
  dispenser.put(1)
  assert.equal(await asking, true)
})
