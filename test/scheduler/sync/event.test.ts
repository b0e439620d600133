import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  AsyncResult,
  Barrier,
  Event,
  JoinableQueue,
  WaitGroup,
  getHub,
  race,
  sleep,
  spawn,
  wait,
  type Operation,
} from 'gvent/scheduler'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

test('all that wait go on in the order in which they came, after those that were ready before set()', async () => {
  const event = new Event()
  const log: string[] = []
  for (const name of ['first', 'second', 'third']) {
    spawn(function* () {
      assert.equal(yield* event.wait(), true)
      log.push(name)
    })
  }
  await quiet()
  spawn(() => void log.push('before'))
  event.set()
  spawn(() => void log.push('after'))
  assert.deepEqual(log, [], 'set() runs nobody')
  await quiet()
  assert.deepEqual(log, ['before', 'first', 'second', 'third', 'after'])
})

test('wait() goes on at once when it is set, as often as it is asked', async () => {
  const event = new Event()
  event.set()
  event.set()
  const log: string[] = []
  spawn(function* () {
    assert.equal(yield* event.wait(), true)
    assert.equal(yield* event.wait({ timeout: 0 }), true)
    log.push('set')
  })
  spawn(() => void log.push('later'))
  await quiet()
  assert.deepEqual(log, ['set', 'later'])
  assert.equal(event.isSet, true)
})

test('set() and clear() in one go wake all that waited; who comes later waits', async () => {
  const event = new Event()
  const early = spawn(() => event.wait())
  await quiet()
  event.set()
  event.clear()
  assert.equal(event.isSet, false)
  const late = spawn(() => event.wait({ timeout: 5 }))
  assert.equal(await early, true)
  await host.advance(5)
  assert.equal(await late, false)
})

test('one that waits again while it is woken is not woken twice by one set()', async () => {
  const event = new Event()
  let rounds = 0
  const greenlet = spawn(function* () {
    while (yield* event.wait()) {
      rounds++
      event.clear()
    }
  })
  await quiet()
  event.set()
  await quiet()
  assert.equal(rounds, 1)
  greenlet.kill()
})

test('wait() is false when the time is up, and leaves nothing behind', async () => {
  const event = new Event()
  const greenlet = spawn(() => event.wait({ timeout: 10 }))
  await host.advance(9)
  assert.equal(greenlet.dead, false)
  await host.advance(1)
  assert.equal(await greenlet, false)
  assert.deepEqual(event.stats(), { isSet: false, waiting: 0 })
})

test('it can be waited for outside of greenlets and together with other things', async () => {
  const event = new Event()
  const outside = event.wait().then((value) => value)
  const both = spawn(() => wait([event, spawn(() => sleep(1))]))
  await host.advance(1)
  event.set()
  assert.equal(await outside, true)
  assert.equal((await both).length, 2)
  assert.equal(getHub().outside.size, 0)
})

test('it shows its name and how it stands', async () => {
  const event = new Event({ name: 'ready' })
  const greenlet = spawn(() => event.wait())
  await quiet()
  assert.equal(inspect(event), '<Event "ready" not set, 1 waiting>')
  assert.deepEqual(event.stats(), { isSet: false, waiting: 1 })
  event.set()
  await greenlet
  assert.equal(inspect(event), '<Event "ready" set>')
  assert.equal(inspect(new Event()), '<Event not set>')
  assert.equal(event.wait().describe(), 'Event "ready".wait')
})

test('a name that is none is refused with the line to write', () => {
  assert.throws(() => new Event('ready' as never), {
    name: 'TypeError',
    code: 'GVENT_BAD_ARGUMENT',
    message: 'new Event(…): expected options, got "ready"; write new Event({ name: "ready" })',
  })
  assert.throws(() => new Event({ name: 5 as never }), { name: 'TypeError', message: /expected a string, got 5/ })
  assert.throws(() => new Event(null as never), TypeError)
})

/** What opens for all who wait for it. */
const gates: Record<string, () => { wait: () => Operation<unknown>; open: () => void }> = {
  Event: () => {
    const event = new Event()
    return { wait: () => event.wait(), open: () => event.set() }
  },
  WaitGroup: () => {
    const group = new WaitGroup()
    group.add()
    return { wait: () => group.wait(), open: () => group.done() }
  },
  JoinableQueue: () => {
    const queue = new JoinableQueue<number>()
    queue.putNowait(1)
    return { wait: () => queue.join(), open: () => queue.taskDone() }
  },
  'AsyncResult.get': () => {
    const result = new AsyncResult<number>()
    return { wait: () => result, open: () => result.set(1) }
  },
  'AsyncResult.wait': () => {
    const result = new AsyncResult<number>()
    return { wait: () => result.wait({ timeout: 10 }), open: () => result.set(1) }
  },
  'the last party of a Barrier': () => {
    const barrier = new Barrier(3)
    return { wait: () => barrier.wait(), open: () => undefined }
  },
}

for (const [name, make] of Object.entries(gates)) {
  test(`who opens a gate and passes it does so after those who waited: ${name}`, async () => {
    const { wait, open } = make()
    const log: string[] = []
    function* pass(who: string, work: () => Operation<unknown>) {
      yield* work()
      log.push(who)
    }
    spawn(pass, 'first', wait)
    spawn(pass, 'second', () => race([wait(), sleep(100)]))
    await quiet()
    spawn(function* () {
      open()
      yield* pass('opener', wait)
      if (name !== 'the last party of a Barrier') yield* pass('opener again', wait)
    })
    await quiet()
    assert.deepEqual(log.slice(0, 3), ['first', 'second', 'opener'])
  })
}

test('who passes a gate that is open does not give way once those who waited have gone on', async () => {
  const event = new Event()
  const waiting = spawn(() => event.wait())
  await quiet()
  event.set()
  await waiting
  const log: string[] = []
  spawn(function* () {
    yield* event.wait()
    log.push('passed')
  })
  spawn(() => void log.push('later'))
  await quiet()
  assert.deepEqual(log, ['passed', 'later'])
})
