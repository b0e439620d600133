import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Channel, Empty, Full, ShutDown, each, race, select, sleep, spawn } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

for (const [form, waits] of [
  ['yield*', true],
  ['yield', false],
] as const) {
  test(`put ends when the item was taken, and the getter goes on before the putter does (${form})`, async () => {
    const channel = new Channel<string>()
    const events: string[] = []
    const sender = spawn(function* () {
      events.push('sending')
      if (waits) yield* channel.put('hello')
      else yield channel.put('hello')
      events.push('sent hello')
      if (waits) yield* channel.put('world')
      else yield channel.put('world')
      events.push('sent world')
    })
    spawn(function* () {
      events.push(yield* channel.get())
      events.push(yield* channel.get())
    })
    await sender
    assert.deepEqual(events, ['sending', 'hello', 'sent hello', 'world', 'sent world'])
  })
}

test('it is always empty and always full', async () => {
  const channel = new Channel<number>({ name: 'calls' })
  assert.throws(() => channel.getNowait(), Empty)
  assert.throws(() => channel.peekNowait(), Empty)
  assert.throws(
    () => {
      channel.putNowait(1)
    },
    { name: 'Full', message: 'Channel "calls": no getter waits. Wait for one with `yield* channel.put(item)`' },
  )
  const waiting = spawn(() => channel.put(1))
  await quiet()
  assert.deepEqual(
    { size: channel.size, maxSize: channel.maxSize, empty: channel.empty, full: channel.full },
    { size: 0, maxSize: 0, empty: true, full: true },
  )
  assert.equal(inspect(channel), '<Channel "calls" 0 of 0 items, 1 putting>')
  assert.equal(channel.peekNowait(), 1)
  assert.equal(await channel.peek(), 1)
  assert.equal(channel.getNowait(), 1)
  await waiting
})

test('putters and getters meet in the order in which they came', async () => {
  const channel = new Channel<number>()
  const got: number[] = []
  for (const item of [1, 2, 3]) spawn(() => channel.put(item))
  await quiet()
  for (let count = 0; count < 4; count++) {
    spawn(function* () {
      got.push(yield* channel.get())
    })
  }
  await quiet()
  channel.putNowait(4)
  await quiet()
  assert.deepEqual(got, [1, 2, 3, 4])
})

test('one who waits to peek sees the item of a putter, which goes on waiting', async () => {
  const channel = new Channel<number>()
  const seen = spawn(() => channel.peek())
  await quiet()
  assert.throws(() => {
    channel.putNowait(1)
  }, Full)
  const put = spawn(() => channel.put(2))
  assert.equal(await seen, 2)
  assert.equal(put.dead, false)
  assert.equal(await channel.get(), 2)
  await put
})

test('one who waits to peek does not keep a put from the getter behind', async () => {
  const channel = new Channel<number>()
  const seen = spawn(() => channel.peek())
  const got = spawn(() => channel.get())
  await quiet()
  channel.putNowait(3)
  assert.equal(await seen, 3)
  assert.equal(await got, 3)
})

test('a putter that is killed has put nothing', async () => {
  const channel = new Channel<number>()
  const put = spawn(() => channel.put(1))
  await quiet()
  put.kill()
  assert.throws(() => channel.getNowait(), Empty)
  assert.equal(channel.unfinishedTasks, 0)
})

test('a getter that is killed before it saw the item leaves it to the next, the putter having gone on', async () => {
  const channel = new Channel<number>()
  const first = spawn(() => channel.get())
  await quiet()
  channel.putNowait(1)
  first.kill()
  assert.equal(channel.size, 1)
  const blocked = spawn(() => channel.put(2))
  await quiet()
  assert.equal(blocked.dead, false)
  assert.equal(await channel.get(), 1)
  assert.equal(await channel.get(), 2)
  await blocked
})

test('a put that is killed while the getter goes first did happen', async () => {
  const channel = new Channel<number>()
  const got = spawn(() => channel.get())
  await quiet()
  const put = spawn(() => channel.put(1))
  spawn(() => {
    assert.equal(put.state, 'ready')
    put.kill()
  })
  assert.equal(await got, 1)
  assert.equal(channel.empty, true)
})

test('in a race exactly one side takes effect', async () => {
  const [left, right] = [new Channel<number>(), new Channel<number>()]
  const chosen = spawn(() => select({ left: left.get(), right: right.put(1), late: sleep(1) }))
  await quiet()
  assert.equal(await right.get(), 1)
  assert.deepEqual(await chosen, { name: 'right', value: undefined })
  assert.throws(() => {
    left.putNowait(1)
  }, Full)
  const loser = spawn(() => race([left.put(1), sleep(1)]))
  await host.advance(1)
  await loser
  assert.throws(() => left.getNowait(), Empty)
})

test('shutdown ends those who wait on both sides, and each()', async () => {
  const channel = new Channel<number>()
  const put = reasonOf(spawn(() => channel.put(1)))
  await quiet()
  channel.shutdown()
  assert.ok((await put) instanceof ShutDown)
  assert.ok((await reasonOf(channel.get())) instanceof ShutDown)

  const other = new Channel<number>()
  const got: number[] = []
  const consumer = spawn(function* () {
    for (const next of each(other)) {
      const item = yield* next
      if (item.done) break
      got.push(item.value)
    }
  })
  await other.put(1)
  await other.put(2)
  other.shutdown()
  await consumer
  assert.deepEqual(got, [1, 2])
})

test('it can be given no room', () => {
  assert.throws(
    () => {
      new Channel().maxSize = 5
    },
    { name: 'RangeError', message: /a channel has no buffer; use a Queue/ },
  )
  assert.throws(() => new Channel(5 as never), { name: 'TypeError' })
})
