import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ConnectionError,
  GreenletExit,
  HTTPServer,
  Pool,
  StreamServer,
  Timeout,
  connect,
  fetch,
  getHub,
  joinAll,
  shield,
  sleep,
  spawn,
  type Coroutine,
  type Greenlet,
  type Operation,
  type StreamServer as Server,
} from 'gvent'
import { cancelEverywhere, choose, explore, network, simulate, type NetworkOptions } from 'gvent/testing'
import { schedulesOf } from './schedules.js'

/** All that may go wrong with a connection, by the network and by whoever is killed. */
function isMisfortune(error: unknown): boolean {
  return error instanceof ConnectionError || error instanceof Timeout || error instanceof GreenletExit
}

/** Waits for the end of greenlets, to which only misfortunes may have happened. */
function* settle(...greenlets: Greenlet[]): Coroutine<void> {
  for (const greenlet of greenlets) greenlet.observe()
  yield* joinAll(greenlets)
  for (const { error } of greenlets) if (error !== undefined && !isMisfortune(error)) throw error
}

/** Says something to a server that sends it back. @returns whether it came back. */
function* say(text: string): Coroutine<boolean> {
  using socket = yield* connect({ port: 7000, timeout: 5000 })
  yield* socket.sendAll(`${text}\n`)
  const answer = yield* socket.readLine({ timeout: 5000 })
  if (answer !== null) assert.equal(answer, text)
  return answer !== null
}

/** An echo server that knows how many of its handlers are running. */
class Echo {
  handling = 0
  readonly server: Server

  constructor(spawn?: Pool | number) {
    const count = (by: number): void => {
      this.handling += by
    }
    this.server = new StreamServer({ port: 7000, ...(spawn === undefined ? {} : { spawn }) }, function* (socket) {
      count(1)
      try {
        for (let line = yield* socket.readLine(); line !== null; line = yield* socket.readLine()) {
          yield* socket.sendAll(`${line}\n`)
        }
      } finally {
        yield* shield(sleep(1))
        count(-1)
      }
    })
  }

  /** Nothing may be left of a server that has stopped. */
  checkStopped(): void {
    assert.equal(this.handling, 0, 'a handler outlives its server')
    const { handling, accepting } = this.server.stats()
    assert.deepEqual({ handling, accepting }, { handling: 0, accepting: false })
    assert.equal(this.server.address(), null)
  }
}

/**
 * Runs a program in many schedules: over a network that works, and one that does not; and with kills and timeouts at any
 * wait of anybody but the program's own greenlet, which looks at what is left.
 */
function ordeal(name: string, schedules: number, body: () => Coroutine<void>): void {
  const program = (): Operation<void> => shield(body)
  const faults: NetworkOptions = { resets: true, refusals: true }
  test(`${name}, whatever the order`, async () => {
    await explore(program, { schedules: schedulesOf(schedules) })
  })
  test(`${name}, over a network that fails`, async () => {
    await explore(program, { schedules: schedulesOf(schedules), network: faults })
  })
  test(`${name}, whoever is killed`, async () => {
    await explore(program, { schedules: schedulesOf(schedules), network: faults, cancel: true })
    await cancelEverywhere(program)
  })
}

const limits: Record<string, () => Pool | number | undefined> = {
  'no limit': () => undefined,
  'one handler at a time': () => 1,
  'a pool that it shares': () => new Pool(2),
}
for (const [limit, makeLimit] of Object.entries(limits)) {
  ordeal(`nothing is left of a server with ${limit} when it has stopped`, 20, function* () {
    const echo = new Echo(makeLimit())
    const starting = spawn(() => echo.server.start())
    yield* settle(starting)
    const clients = ['a', 'b'].map((text) => spawn(say, text))
    const stopping = spawn(function* stopper() {
      yield* sleep(choose(3, 'the time to stop') * 5)
      yield* echo.server.stop({ timeout: 20 })
    })
    yield* settle(stopping, ...clients)
    yield* echo.server.stop({ timeout: 20 })
    echo.checkStopped()
    yield* sleep(100)
    assert.deepEqual(network().netstat(), [])
  })
}

ordeal('a server can be started while it stops, and stopped while it starts', 20, function* () {
  const echo = new Echo()
  yield* settle(
    spawn(() => echo.server.start()),
    spawn(() => echo.server.stop()),
    spawn(() => echo.server.start()),
    spawn(say, 'a'),
  )
  yield* echo.server.start()
  assert.equal(echo.server.stats().accepting, true)
  yield* settle(spawn(say, 'b'))
  yield* echo.server.stop()
  echo.checkStopped()
  yield* sleep(100)
  assert.deepEqual(network().netstat(), [])
})

test('a server goes on accepting when it is started again, whatever became of the greenlet that accepts', async () => {
  await simulate(function* () {
    const { server } = new Echo()
    yield* server.start()
    const acceptor = getHub()
      .greenlets()
      .find(({ name }) => name.endsWith('.accept'))!
    yield* acceptor.kill()
    assert.equal(server.stats().accepting, false)
    for (let round = 0; round < 2; round++) {
      yield* server.start()
      assert.equal(server.stats().accepting, true)
      assert.equal(yield* say('hello'), true)
      server.stopAccepting()
    }
    yield* server.stop()
  })
})

ordeal('a request gets an answer or an error, and the HTTP server stops', 10, function* () {
  let served = 0
  const server = new HTTPServer(7000, function* (request: Request) {
    yield* sleep(1)
    served++
    return new Response(new URL(request.url).pathname)
  })
  const get = function* (path: string): Coroutine<void> {
    try {
      const response = yield* fetch(`http://localhost:7000${path}`, { timeout: 5000 })
      const text = yield* response.text()
      // Who asks a handler that is killed, or timed out, is told so.
      if (response.status < 500) assert.equal(text, path)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
    }
  }
  yield* settle(spawn(() => server.start()))
  yield* settle(spawn(get, '/a'), spawn(get, '/b'))
  yield* server.stop({ timeout: 20 })
  assert.ok(served <= 2)
  assert.equal(server.stats().handling, 0)
  assert.equal(server.address(), null)
})
