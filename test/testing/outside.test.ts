import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { Event, getHub, joinAll, sleep, spawn, until } from 'gvent'
import { simulate } from 'gvent/testing'

test('the clock stands still while a greenlet waits for something real', async () => {
  await simulate(function* () {
    const sleeper = spawn(function* () {
      yield* sleep(1)
      return getHub().now()
    })
    const text = yield* until(readFile(new URL(import.meta.url), 'utf8'))
    assert.match(text, /stands still/)
    assert.equal(getHub().now(), 0)
    assert.equal(yield* sleeper, 1)
  })
})

test('a real timer is waited for', async () => {
  const value = await simulate(() => until(new Promise((resolve) => setTimeout(resolve, 5, 'done'))))
  assert.equal(value, 'done')
})

test('several real timers are waited for, each as long as it takes', async () => {
  const pause = (milliseconds: number) =>
    spawn(() => until(new Promise((resolve) => setTimeout(resolve, milliseconds))))
  await simulate(function* () {
    const sleeper = spawn(() => sleep(1))
    yield* joinAll([pause(20), pause(1), pause(10)])
    assert.equal(getHub().now(), 0)
    yield* sleeper
  })
})

test('a promise that a greenlet of the simulation settles does not stop the clock', async () => {
  await simulate(function* () {
    const { promise, resolve } = deferred()
    spawn(function* () {
      yield* sleep(1000)
      resolve()
    })
    yield* until(promise)
    assert.equal(getHub().now(), 1000)
  })
})

test('a promise that nothing can settle is a deadlock', async () => {
  await assert.rejects(
    simulate(() => until(deferred().promise)),
    { kind: 'deadlock', message: /waiting for a promise/ },
  )
})

test('what a promise does on its own is seen before a deadlock is found', async () => {
  await simulate(function* () {
    const event = new Event()
    void Promise.resolve().then(() => {
      event.set()
    })
    yield* event.wait()
  })
})

test('two simulations at a time run one after the other', async () => {
  const log: string[] = []
  const wait = (name: string) =>
    simulate(function* () {
      log.push(`${name} begins`)
      yield* until(new Promise((resolve) => setTimeout(resolve, 2)))
      log.push(`${name} ends`)
    })
  await Promise.all([wait('first'), wait('second')])
  assert.deepEqual(log, ['first begins', 'first ends', 'second begins', 'second ends'])
})

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
