import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Event, Lock, Queue, ShutDown, getHub, sleep, spawn, until } from 'gvent'

const set = new Event()
set.set()
const lock = new Lock()
const queue = new Queue<number>()
const closed = new Queue<number>()
closed.shutdown()

/** A greenlet that never lets go of the processor for longer than its wait takes; and how it may wait. */
const busy: Record<string, () => unknown> = {
  'a bare yield': () => undefined,
  'yield* sleep(0)': () => sleep(0),
  'yield of a settled promise': () => Promise.resolve(),
  'until a settled promise': () => until(() => Promise.resolve()),
  spawning: () => spawn(() => undefined),
  'yield of an event that is set': () => set.wait(),
  'yield* of an event that is set': function* () {
    yield* set.wait()
  },
  'a lock that is free': function* () {
    using _permit = yield* lock.acquire()
  },
  'put and get': function* () {
    yield* queue.put(1)
    yield* queue.get()
  },
  'a get that raises': function* () {
    try {
      yield* closed.get()
    } catch (error) {
      if (!(error instanceof ShutDown)) throw error
    }
  },
}

for (const [name, wait] of Object.entries(busy)) {
  test(`while a greenlet loops over ${name}, timers go off and a real socket is served`, async () => {
    let steps = 0
    const looping = spawn(function* () {
      for (;;) {
        steps++
        yield wait()
      }
    })
    const server = createServer((socket) => socket.pipe(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await once(client, 'connect')
    for (let round = 0; round < 10; round++) {
      client.write(`round ${round}`)
      const [data] = (await once(client, 'data')) as [Buffer]
      assert.equal(data.toString(), `round ${round}`)
    }
    await spawn(() => sleep(5))
    await new Promise((resolve) => void setTimeout(resolve, 1))
    assert.ok(steps > 0)
    assert.equal(looping.dead, false)
    await looping.kill()
    client.destroy()
    server.close()
    await once(server, 'close')
  })
}

test('greenlets that hand items to each other for ever let timers go off', async () => {
  const ping = new Queue<number>()
  const pong = new Queue<number>()
  let count = 0
  const players = [
    spawn(function* () {
      for (;;) {
        yield* ping.put(count++)
        yield* pong.get()
      }
    }),
    spawn(function* () {
      for (;;) yield* pong.put(yield* ping.get())
    }),
  ]
  await spawn(() => sleep(5))
  await new Promise((resolve) => void setTimeout(resolve, 1))
  assert.ok(count > 1)
  for (const player of players) await player.kill()
})

test('on the clock of the platform, too, a sleep is never early', async () => {
  const sleepers = Array.from({ length: 200 }, (_, index) =>
    spawn(function* () {
      yield* sleep(index / 50)
      const milliseconds = (index % 40) / 10
      const start = getHub().now()
      yield* sleep(milliseconds)
      return getHub().now() - start - milliseconds
    }),
  )
  const late = await Promise.all(sleepers)
  assert.ok(
    late.every((milliseconds) => milliseconds >= 0),
    String(late),
  )
})
