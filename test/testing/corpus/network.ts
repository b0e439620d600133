import assert from 'node:assert/strict'
import {
  ConnectionError,
  HTTPServer,
  Queue,
  StreamServer,
  Timeout,
  connect,
  fetch,
  joinAll,
  listen,
  sleep,
  spawn,
  type Coroutine,
  type Socket,
} from 'gvent'
import { caseOf, type Case } from './case.js'

/** A message is taken for what one `recv` gives. */
function* partialRead(isFramed: boolean): Coroutine<void> {
  const got: string[] = []
  const server = new StreamServer(7000, function* (socket) {
    got.push(String(isFramed ? yield* socket.recvExactly(5) : yield* socket.recv()))
  })
  yield* server.start()
  using socket = yield* connect(7000)
  yield* socket.sendAll('hello')
  yield* socket.recv()
  yield* server.stop()
  assert.deepEqual(got, ['hello'])
}

/** A request is sent again because the answer is late, and carried out twice. */
function* appliedTwice(hasIdentity: boolean): Coroutine<void> {
  let balance = 100
  const applied = new Set<string>()
  const server = new StreamServer(7000, function* (socket) {
    const request = yield* socket.readLine()
    if (request === null) return
    if (!hasIdentity || !applied.has(request)) balance -= 10
    applied.add(request)
    yield* socket.sendAll('done\n')
  })
  yield* server.start()
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      using socket = yield* connect({ port: 7000, timeout: 100 })
      yield* socket.sendAll('withdraw 10, request 1\n')
      yield* socket.readLine({ timeout: 15 })
      break
    } catch (error) {
      if (!(error instanceof Timeout)) throw error
    }
  }
  yield* server.stop()
  assert.equal(balance, 90)
}

/** A connection goes back to where it came from although an answer is still on its way. */
function* reusedTooEarly(isDiscarded: boolean): Coroutine<void> {
  const server = new StreamServer(7000, function* (socket) {
    for (let line = yield* socket.readLine(); line !== null; line = yield* socket.readLine()) {
      yield* socket.sendAll(`${line}\n`)
    }
  })
  yield* server.start()
  const idle: Socket[] = []
  const ask = function* (question: string): Coroutine<string | undefined> {
    const socket = idle.pop() ?? (yield* connect(7000))
    yield* socket.sendAll(`${question}\n`)
    let answer: string | undefined
    try {
      answer = (yield* socket.readLine({ timeout: 19 })) ?? undefined
    } catch (error) {
      if (!(error instanceof Timeout)) throw error
    }
    if (answer === undefined && isDiscarded) socket.close()
    else idle.push(socket)
    return answer
  }
  for (const question of ['one', 'two']) {
    const answer = yield* ask(question)
    if (answer !== undefined) assert.equal(answer, question)
  }
  for (const socket of idle) socket.close()
  yield* server.stop()
}

/** Two connections are two lines: what is sent over the first need not come first. */
function* twoConnections(isConfirmed: boolean): Coroutine<void> {
  const accounts = new Set<string>()
  const server = new StreamServer(7000, function* (socket) {
    const [command, name] = (yield* socket.readLine())!.split(' ')
    if (command === 'open') accounts.add(name!)
    else assert.ok(accounts.has(name!), 'no such account')
    yield* socket.sendAll('done\n')
    yield* socket.recv()
  })
  yield* server.start()
  using first = yield* connect(7000)
  using second = yield* connect(7000)
  yield* first.sendAll('open alice\n')
  if (isConfirmed) yield* first.readLine()
  yield* second.sendAll('pay alice\n')
  yield* second.readLine()
  first.close()
  second.close()
  yield* server.stop()
}

/** A connection that has been idle is used again, just as the other side closes it. */
function* closedWhenIdle(triesAgain: boolean): Coroutine<void> {
  const server = new StreamServer(7000, function* (socket) {
    try {
      for (;;) {
        const line = yield* socket.readLine({ timeout: 200 })
        if (line === null) return
        yield* socket.sendAll(`${line}\n`)
      }
    } catch (error) {
      if (!(error instanceof Timeout)) throw error
    }
  })
  yield* server.start()
  let socket = yield* connect(7000)
  const ask = function* (question: string): Coroutine<void> {
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        yield* socket.sendAll(`${question}\n`)
        assert.equal(yield* socket.readLine(), question)
        return
      } catch (error) {
        const isLost = error instanceof ConnectionError || error instanceof assert.AssertionError
        if (!triesAgain || attempt === 1 || !isLost) throw error
        socket.close()
        socket = yield* connect(7000)
      }
    }
  }
  yield* ask('one')
  yield* sleep(185)
  yield* ask('two')
  socket.close()
  yield* server.stop()
}

/** Who closes with something unread resets the connection, and the answer is lost with it. */
function* answerLostInReset(readsAll: boolean): Coroutine<void> {
  using listener = yield* listen(7000)
  const server = spawn(function* server() {
    using socket = yield* listener.accept()
    yield* socket.recvExactly(1)
    yield* socket.sendAll('no\n')
    if (readsAll) while ((yield* socket.recv()) !== null);
  })
  using socket = yield* connect(7000)
  yield* socket.sendAll('a')
  yield* socket.sendAll('b')
  socket.shutdown()
  yield* sleep(9)
  assert.equal(yield* socket.readLine(), 'no')
  socket.close()
  yield* server
}

/** A server counts up over a wait, in one greenlet a request. */
function* counterOverHTTP(isAtOnce: boolean): Coroutine<void> {
  let count = 0
  const log = new Queue<string>()
  const server = new HTTPServer(7000, function* () {
    const before = count
    if (isAtOnce) count++
    yield* log.put('a request')
    if (!isAtOnce) count = before + 1
    return new Response('counted')
  })
  yield* server.start()
  const post = function* (): Coroutine<void> {
    const response = yield* fetch('http://localhost:7000/', { method: 'POST' })
    yield* response.text()
  }
  yield* joinAll([spawn(post), spawn(post)], { raiseError: true })
  yield* server.stop()
  assert.equal(count, 2)
}

export const network: Case[] = [
  caseOf('partial read', 'error', partialRead),
  caseOf('applied twice', 'error', appliedTwice),
  caseOf('reused too early', 'error', reusedTooEarly),
  caseOf('two connections', 'error', twoConnections),
  caseOf('closed when idle', 'error', closedWhenIdle),
  caseOf('answer lost in a reset', 'error', answerLostInReset),
  caseOf('a counter over HTTP', 'error', counterOverHTTP),
]
