import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Operation, Timeout, call, dump, getHub, spawn, type Wait } from 'gvent/scheduler'
import { Bell, Listen } from '../bell.js'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()

test('an operation is lazy, and can be waited for again and again', async () => {
  const bell = new Bell()
  const operation = bell.listen()
  await quiet()
  assert.deepEqual(bell.takeLog(), [])
  const greenlet = spawn(function* () {
    return [yield* operation, yield* operation, (yield* operation) + (yield* operation)]
  })
  for (const text of ['a', 'b', 'c', 'd']) {
    await quiet()
    assert.equal(bell.ring(text), true)
  }
  assert.deepEqual(await greenlet, ['a', 'b', 'cd'])
  assert.deepEqual(bell.takeLog(), ['begin', 'begin', 'begin', 'begin'])
})

test('it can be awaited outside, by many at a time', async () => {
  const bell = new Bell()
  const operation = bell.listen()
  const both = Promise.all([operation, operation])
  await quiet()
  assert.equal(bell.waits.size, 2)
  assert.equal(bell.ring('one'), true)
  assert.equal(bell.ring('two'), true)
  assert.equal(bell.ring('nobody'), false)
  assert.deepEqual(await both, ['one', 'two'])
})

test('then() behaves as that of a promise', async () => {
  const bell = new Bell()
  const chained = bell.listen().then((text) => text.length)
  const plain = bell.listen().then()
  const failing = bell.listen({ timeout: 1 }).then(null, (error: unknown) => (error as Error).name)
  await quiet()
  bell.ring('four')
  bell.ring('plain')
  await host.advance(1)
  assert.deepEqual(await Promise.all([chained, plain, failing]), [4, 'plain', 'Timeout'])
})

test('a kill cancels the wait once', async () => {
  const bell = new Bell()
  const greenlet = spawn(() => bell.listen())
  await quiet()
  greenlet.kill()
  assert.deepEqual(bell.takeLog(), ['begin', 'cancel'])
  await quiet()
  assert.deepEqual(bell.takeLog(), [])
})

test('a value that was handed over to one who is killed goes to the next, at once and in order', async () => {
  const bell = new Bell()
  const greenlets = [1, 2, 3].map(() => spawn(() => bell.listen()))
  await quiet()
  bell.ring('a')
  bell.ring('b')
  greenlets[0]!.kill()
  assert.deepEqual(bell.takeLog(), ['begin', 'begin', 'begin', 'undo a'])
  assert.deepEqual([await greenlets[1], await greenlets[2]], ['b', 'a'])
})

test('resolving or rejecting a wait that is over says so and changes nothing', async () => {
  let kept: Wait<number> | undefined
  class Keep extends Operation<number> {
    beginWait(wait: Wait<number>): void {
      kept = wait
    }
    cancelWait(): void {
      kept = undefined
    }
  }
  const greenlet = spawn(() => new Keep())
  await quiet()
  const wait = kept!
  assert.deepEqual([wait.pending, wait.greenlet, wait.hub], [true, greenlet, getHub()])
  assert.equal(wait.resolve(1), true)
  assert.equal(wait.resolve(2), false)
  assert.equal(wait.reject(new Error('too late')), false)
  assert.equal(await greenlet, 1)
  assert.deepEqual([wait.pending, wait.resolve(3)], [false, false])
})

test('beginWait may end the wait at once, either way, or raise', async () => {
  const error = new Error('refused')
  class Immediate extends Operation<string> {
    constructor(private readonly end: (wait: Wait<string>) => void) {
      super({ timeout: 5, signal: new AbortController().signal })
    }
    beginWait(wait: Wait<string>): void {
      this.end(wait)
    }
    cancelWait(): void {
      assert.fail('there is nothing to cancel')
    }
  }
  const raise = () => {
    throw error
  }
  const resolved = new Immediate((wait) => void wait.resolve('now'))
  const rejected = new Immediate((wait) => void wait.reject(error))
  for (const wait of [() => resolved, () => call(() => resolved)]) assert.equal(await spawn(wait), 'now')
  assert.equal(await resolved, 'now')
  for (const operation of [rejected, new Immediate(raise)]) {
    assert.equal(await reasonOf(operation), error)
    assert.equal(await reasonOf(spawn(() => operation)), error)
    assert.equal(
      await reasonOf(
        spawn(function* () {
          yield* operation
        }),
      ),
      error,
    )
  }
  assert.equal(host.pendingTimers, 0)
})

test('a timeout cancels the wait, then asks the operation what becomes of it', async () => {
  class Whether extends Listen {
    override expireWait(wait: Wait<string>): void {
      wait.resolve('no')
    }
  }
  class Raising extends Listen {
    override expireWait(): void {
      throw new Error('expireWait failed')
    }
  }
  const bell = new Bell()
  const limits = { timeout: 3 }
  const byDefault = reasonOf(spawn(() => new Listen(bell, limits)))
  const whether = spawn(() => new Whether(bell, limits))
  const raising = reasonOf(spawn(() => new Raising(bell, limits)))
  const outside = new Whether(bell, limits).then((text) => text)
  await host.advance(3)
  assert.equal(bell.waits.size, 0)
  assert.ok((await byDefault) instanceof Timeout)
  assert.deepEqual([await whether, await outside], ['no', 'no'])
  assert.equal(((await raising) as Error).message, 'expireWait failed')
})

test('an operation that cannot let go is reported, and whoever waits goes on', async () => {
  class Sticky extends Operation<void> {
    beginWait(): void {
      // Parked nowhere.
    }
    cancelWait(): void {
      throw new Error('cannot let go')
    }
    override describe(): string {
      return 'sticky'
    }
  }
  const killed = spawn(() => new Sticky())
  const timedOut = spawn(() => new Sticky({ timeout: 1 }))
  await quiet()
  killed.kill()
  const reason = reasonOf(timedOut)
  await host.advance(1)
  assert.equal(killed.dead, true)
  assert.ok((await reason) instanceof Timeout)
  const reports = host.takeReports()
  assert.equal(reports.length, 2)
  for (const report of reports) assert.match(report, /^sticky: giving up a wait failed:\nError: cannot let go/)
})

test('an operation that cannot say what it is is called by its class in reports', async () => {
  class Mute extends Operation<void> {
    beginWait(): void {
      // Parked nowhere.
    }
    cancelWait(): void {
      throw new Error('cannot let go')
    }
    override describe(): string {
      throw new Error('no name')
    }
  }
  const greenlet = spawn(() => new Mute())
  await quiet()
  assert.match(dump(), /waiting for Mute for/)
  greenlet.kill()
  await quiet()
  assert.equal(greenlet.dead, true)
  assert.match(host.takeReports().join(), /^Mute: giving up a wait failed:\nError: cannot let go/)
})

test('an operation that cannot take back is reported, and the kill goes on', async () => {
  class Sticky extends Listen {
    override undoWait(): void {
      throw new Error('cannot take back')
    }
  }
  const bell = new Bell()
  const greenlet = spawn(() => new Sticky(bell))
  await quiet()
  bell.ring('x')
  greenlet.kill()
  await quiet()
  assert.equal(greenlet.dead, true)
  assert.match(host.takeReports().join(), /taking back a result failed:\nError: cannot take back/)
})
