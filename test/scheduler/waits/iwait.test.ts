import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Event, iwait, run, sleep, spawn, type Greenlet } from 'gvent'

function* finish(value: number, turns: number) {
  for (let turn = 0; turn < turns; turn++) yield
  return value
}

test('iwait gives greenlets as they end', async () => {
  await run(function* () {
    const greenlets = [spawn(finish, 1, 3), spawn(finish, 2, 1), spawn(finish, 3, 2)]
    const values = []
    for (const next of iwait(greenlets)) {
      const greenlet = yield* next
      values.push(greenlet.value)
    }
    assert.deepEqual(values, [2, 3, 1])
  })
})

test('iwait can be iterated outside of greenlets, and gives the greenlets themselves', async () => {
  const failing = spawn(function* (): Generator<undefined, number> {
    yield
    throw new Error('no')
  })
  failing.linkError(() => undefined)
  const seen: Greenlet<number>[] = []
  for await (const greenlet of iwait([spawn(finish, 1, 3), failing])) seen.push(greenlet)
  assert.deepEqual(
    seen.map((greenlet) => greenlet.successful),
    [false, true],
  )
})

test('leaving the loop early takes back what was set up', async () => {
  let cancelled = 0
  const endless = {
    wait() {
      const operation = sleep(Infinity)
      const cancel = operation.cancelWait.bind(operation)
      operation.cancelWait = (wait) => {
        cancelled++
        cancel(wait)
      }
      return operation
    },
  }
  await run(function* () {
    const nexts = iwait([endless, spawn(finish, 1, 1)])[Symbol.iterator]()
    void (yield* nexts.next().value!)
    void nexts.return?.()
  })
  assert.equal(cancelled, 1)
})

test('what becomes ready while the loop is busy comes later, in order', async () => {
  await run(function* () {
    const values = []
    for (const next of iwait([spawn(finish, 1, 1), spawn(finish, 2, 2), spawn(finish, 3, 3)])) {
      values.push((yield* next).value)
      yield* sleep(1)
    }
    assert.deepEqual(values, [1, 2, 3])
  })
})

test('an object that was ready but not seen, because of a kill, goes to the next one who asks', async () => {
  await run(function* () {
    const nexts = iwait([spawn(finish, 7, 3)])[Symbol.iterator]()
    const { value: next } = nexts.next()
    assert.ok(next)
    const killed = spawn(() => next)
    const seen = spawn(function* () {
      const greenlet = yield* next
      return greenlet.value
    })
    while (killed.state !== 'ready' || killed.frame === null) yield
    yield* killed.kill()
    assert.equal(yield* seen, 7)
  })
})

test('iwait with a count ends after so many, with a timeout it gives undefined', async () => {
  await run(function* () {
    const endless = spawn(() => sleep(Infinity))
    let count = 0
    for (const next of iwait([spawn(finish, 1, 1), endless], { count: 1 })) {
      yield* next
      count++
    }
    assert.equal(count, 1)
    for (const next of iwait([endless], { timeout: 1 })) assert.equal(yield* next, undefined)
    yield* endless.kill()
  })
})

test('the timeout of an iwait is for all of it, and ends the loop, outside of greenlets too', async () => {
  const endless = spawn(() => sleep(Infinity))
  const seen: unknown[] = []
  for await (const greenlet of iwait([endless, spawn(finish, 1, 1)], { timeout: 5 })) seen.push(greenlet?.value)
  assert.deepEqual(seen, [1])
  await run(function* () {
    let count = 0
    for (const next of iwait([endless, endless, endless], { timeout: 1 })) {
      assert.equal(yield* next, undefined)
      count++
    }
    assert.equal(count, 1)
  })
  await endless.kill()
})

test('a for await that times out or is aborted takes back what was set up', async () => {
  const never = new Event()
  for await (const event of iwait([never], { timeout: 1 })) assert.fail(event.toString())
  assert.equal(never.stats().waiting, 0)
  const controller = new AbortController()
  const reason = new Error('enough')
  const loop = (async () => {
    for await (const event of iwait([never], { signal: controller.signal })) assert.fail(event.toString())
  })()
  controller.abort(reason)
  await assert.rejects(loop, reason)
  assert.equal(never.stats().waiting, 0)
})
