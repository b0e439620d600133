import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { Queue, Timeout, shield, spawn } from 'gvent/scheduler'
import { Bell } from '../bell.js'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()

test('a signal ends the wait with its reason, whether it aborts before or during it', async () => {
  const bell = new Bell()
  const reason = new Error('aborted')
  for (const wait of [
    (signal: AbortSignal) => spawn(() => bell.listen({ signal })),
    (signal: AbortSignal) => bell.listen({ signal }),
  ]) {
    const during = new AbortController()
    const ended = reasonOf(wait(during.signal))
    await quiet()
    assert.deepEqual(bell.takeLog(), ['begin'])
    during.abort(reason)
    assert.deepEqual(bell.takeLog(), ['cancel'])
    assert.equal(await ended, reason)
    assert.equal(await reasonOf(wait(during.signal)), reason)
    assert.deepEqual(bell.takeLog(), [])
  }
})

test('no listener is left on a signal, however the wait ends', async () => {
  const bell = new Bell()
  const { signal } = new AbortController()
  const wait = () => spawn(() => bell.listen({ signal, timeout: 5 }))
  const resolved = wait()
  const killed = wait()
  const timedOut = reasonOf(wait())
  await quiet()
  assert.equal(getEventListeners(signal, 'abort').length, 1)
  bell.ring('x')
  killed.kill()
  await host.advance(5)
  assert.equal(await resolved, 'x')
  assert.ok((await timedOut) instanceof Timeout)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('an aborted signal is stronger than a value that is there already: nothing is taken', async () => {
  const queue = new Queue<number>()
  queue.putNowait(1)
  const signal = AbortSignal.abort(new Error('aborted'))
  await assert.rejects(Promise.resolve(queue.get({ signal })), { message: 'aborted' })
  assert.equal(queue.size, 1)
})

test('a value that is there already is given even when the limit is 0', async () => {
  const queue = new Queue<number>()
  queue.putNowait(1)
  assert.equal(await spawn(() => queue.get({ timeout: 0 })), 1)
})

test('a limit that is refused at the start of the wait leaves nothing parked', async () => {
  const queue = new Queue<number>()
  const closed = new Timeout(5)
  closed.close()
  for (const wait of [() => spawn(() => queue.get({ timeout: closed })), () => queue.get({ timeout: closed })]) {
    assert.match(String(await reasonOf(wait())), /TypeError.*closed/)
    queue.putNowait(1)
    assert.equal(queue.getNowait(), 1)
  }
})

test('a Timeout object as the limit is raised itself, and can be used for the next wait', async () => {
  const bell = new Bell()
  const timeout = new Timeout(2)
  const greenlet = spawn(function* () {
    const raised: unknown[] = []
    for (let wait = 0; wait < 3; wait++) {
      try {
        yield* bell.listen({ timeout })
      } catch (error) {
        raised.push(error)
      }
    }
    return raised
  })
  await host.advance(6)
  assert.deepEqual(await greenlet, [timeout, timeout, timeout])
  assert.equal(timeout.pending, false)
})

test('a Timeout that runs for the greenlet limits a wait that names it, even in a shield', async () => {
  const bell = new Bell()
  const greenlet = spawn(function* () {
    const timeout = Timeout.start(2)
    try {
      return yield* shield(bell.listen({ timeout }))
    } catch (error) {
      yield
      return error === timeout
    }
  })
  await host.advance(2)
  assert.equal(await greenlet, true)
  assert.equal(bell.waits.size, 0)
})

test('a Timeout that runs for the greenlet already limits the wait as any other', async () => {
  const target = spawn(() => new Promise(() => undefined))
  const greenlet = spawn(function* () {
    const timeout = Timeout.start(2)
    const joined = yield* target.join({ timeout })
    return [joined, timeout.pending]
  })
  await host.advance(2)
  assert.deepEqual(await greenlet, [false, false])
  target.kill()
})
