import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GreenletExit, Queue, joinAll, killAll, run, sleep, spawn, wait, type Greenlet } from 'gvent'

function* finish(value: number, turns: number) {
  for (let turn = 0; turn < turns; turn++) yield
  return value
}

function* fail(message: string, turns = 0): Generator<undefined, never> {
  for (let turn = 0; turn < turns; turn++) yield
  throw new Error(message)
}

function* forever() {
  yield* new Queue<never>().get()
}

const values = (greenlets: Greenlet<number>[]) => greenlets.map((greenlet) => greenlet.value)

test('joinAll gives the greenlets in the order in which they ended', async () => {
  const greenlets = [spawn(finish, 1, 3), spawn(finish, 2, 1), spawn(finish, 3, 2)]
  assert.deepEqual(values(await joinAll(greenlets)), [2, 3, 1])
})

test('joinAll of nothing ends at once', async () => {
  assert.deepEqual(await joinAll([]), [])
})

test('a greenlet that is listed twice is there twice', async () => {
  const greenlet = spawn(finish, 1, 1)
  assert.deepEqual(await joinAll([greenlet, greenlet]), [greenlet, greenlet])
  assert.deepEqual(await joinAll([greenlet, greenlet, greenlet]), [greenlet, greenlet, greenlet])
})

test('joinAll takes any iterable', async () => {
  assert.equal((await joinAll(new Set([spawn(finish, 1, 1), spawn(finish, 2, 1)]))).length, 2)
})

test('joinAll with a count is content with so many, and leaves no listener behind', async () => {
  const endless = spawn(forever)
  const greenlets = [endless, spawn(finish, 2, 1), spawn(finish, 3, 2)]
  assert.deepEqual(
    (await joinAll(greenlets, { count: 1 })).map((greenlet) => greenlet.value),
    [2],
  )
  assert.deepEqual(await joinAll(greenlets, { count: 0 }), [])
  await endless.kill()
})

test('joinAll gives those that have ended when its time is up', async () => {
  const endless = spawn(forever)
  const finished = await joinAll([endless, spawn(finish, 2, 0)], { timeout: 1 })
  assert.deepEqual(
    finished.map((greenlet) => greenlet.value),
    [2],
  )
  await endless.kill()
})

test('joinAll with a timeout of 0 still gives what can run at once', async () => {
  assert.equal((await joinAll([spawn(finish, 1, 0)], { timeout: 0 })).length, 1)
})

test('joinAll raises no error of a greenlet unless it is asked to', async () => {
  const failing = spawn(fail, 'no')
  failing.linkError(() => undefined)
  assert.deepEqual(await joinAll([failing]), [failing])
})

test('joinAll with raiseError raises the error of the first to end with one, not of the first in the list', async () => {
  const late = spawn(fail, 'late', 5)
  late.linkError(() => undefined)
  const early = spawn(fail, 'early', 1)
  await assert.rejects(joinAll([late, early], { raiseError: true }), { message: 'early' })
  await late.join()
})

test('joinAll with raiseError raises at once for a greenlet that has failed already', async () => {
  const failed = spawn(fail, 'before')
  failed.linkError(() => undefined)
  await failed.join()
  await assert.rejects(joinAll([spawn(finish, 1, 9), failed], { raiseError: true }), { message: 'before' })
})

test('an aborted signal ends joinAll with its reason', async () => {
  const endless = spawn(forever)
  const controller = new AbortController()
  const joining = joinAll([endless], { signal: controller.signal }).then()
  controller.abort(new Error('enough'))
  await assert.rejects(joining, { message: 'enough' })
  await endless.kill()
})

test('a killed joinAll leaves the greenlets alone', async () => {
  const endless = spawn(forever)
  const joiner = spawn(() => joinAll([endless]))
  await sleep(1)
  await joiner.kill()
  assert.equal(endless.dead, false)
  await endless.kill()
})

test('joinAll refuses what is not a greenlet, and says what to write', () => {
  assert.throws(() => joinAll([finish(1, 1)] as never), { name: 'TypeError', message: /spawn\(fn, \.\.\.args\)/ })
  assert.throws(() => joinAll([], { count: -1 }), { name: 'RangeError', message: /count/ })
  assert.throws(() => joinAll([], { timeout: -1 }), { name: 'RangeError' })
})

test('joinAll of 100,000 greenlets ends', async () => {
  const greenlets = Array.from({ length: 100_000 }, (_, index) => spawn(finish, index, 1))
  assert.equal((await joinAll(greenlets)).length, 100_000)
})

test('killAll kills at once, and tells when all have ended', async () => {
  const cleaned: number[] = []
  function* careful(index: number) {
    try {
      yield* forever()
    } finally {
      yield
      cleaned.push(index)
    }
  }
  const greenlets = [spawn(careful, 0), spawn(careful, 1)]
  const unrun = spawn(finish, 1, 1)
  await sleep(0)
  assert.equal(await killAll([...greenlets, unrun]), true)
  assert.deepEqual(cleaned, [0, 1])
  assert.ok(greenlets.every((greenlet) => (greenlet.value as unknown) instanceof GreenletExit))
})

test('killAll tells false when its time is up', async () => {
  const stubborn = spawn(function* () {
    try {
      yield* forever()
    } finally {
      yield* sleep(20)
    }
  })
  await sleep(0)
  assert.equal(await killAll([stubborn], undefined, { timeout: 1 }), false)
  await stubborn.join()
})

test('killAll of one that never ran ends it without running', async () => {
  let ran = false
  const unrun = spawn(() => {
    ran = true
  })
  assert.equal(await killAll([unrun]), true)
  assert.equal(ran, false)
})

test('wait takes greenlets, operations, and things with a method wait()', async () => {
  await run(function* () {
    const queue = new Queue<string>()
    const gate = { wait: () => sleep(1) }
    queue.putNowait('item')
    const greenlet = spawn(finish, 1, 2)
    const peek = queue.peek()
    const ready = yield* wait([gate, greenlet, peek])
    assert.deepEqual(ready, [peek, greenlet, gate])
  })
})

test('wait with a count or a timeout gives a part', async () => {
  const never = { wait: () => sleep(Infinity) }
  const soon = { wait: () => sleep(1) }
  assert.deepEqual(await wait([never, soon], { count: 1 }), [soon])
  assert.deepEqual(await wait([never], { timeout: 1 }), [])
})

test('wait refuses what cannot be waited for', () => {
  assert.throws(() => wait([42] as never), { name: 'TypeError', message: /42/ })
})
