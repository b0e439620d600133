import assert from 'node:assert/strict'
import { mkdtempSync, statSync, existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  addMonitoringFunction,
  addSpawnCallback,
  assertSwitches,
  BackdoorServer,
  connect,
  FailedToSwitch,
  getHub,
  printRunInfo,
  rememberFinished,
  run,
  sleep,
  spawn,
  watchMemory,
  type Socket,
} from 'gvent'

const token = 'a-token-that-nobody-guesses'
const folder = mkdtempSync(join(tmpdir(), 'gvent-backdoor-'))

function* converse(socket: Socket, line: string, answer: string): Generator<unknown, string> {
  yield* socket.sendAll(`${line}\n`)
  return String(yield* socket.recvUntil(answer))
}

test('a backdoor on a Unix socket for this user alone is a REPL with the locals of the program', async () => {
  const path = join(folder, 'a.sock')
  const cache = new Map([['answer', 42]])
  const server = new BackdoorServer({ path, locals: { cache }, banner: 'welcome' })
  await server.start()
  assert.equal(server.address(), path)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  await run(function* () {
    const socket = yield* connect({ path })
    assert.match(String(yield* socket.recvUntil('> ')), /^welcome\n> $/)
    assert.match(yield* converse(socket, 'cache.get("answer") + 1', '\n'), /^43\n$/)
    assert.match(yield* converse(socket, 'hub.alive > 0', 'true\n'), /true/)
    assert.match(yield* converse(socket, 'typeof dump()', "'string'\n"), /string/)
    assert.match(yield* converse(socket, 'await Promise.resolve(6 * 7)', '42\n'), /42/)
    assert.match(yield* converse(socket, 'throw new Error("mine")', 'mine'), /Uncaught/)
    yield* socket.sendAll('.exit\n')
    while ((yield* socket.recv()) !== null);
  })
  await server.stop()
  assert.ok(!existsSync(path))
})

test('a backdoor on a port wants the token, and stops with a session open', async () => {
  const server = new BackdoorServer({ port: 0, token })
  await server.start()
  const { port, address } = server.address() as AddressInfo
  assert.equal(address, '127.0.0.1')
  await run(function* () {
    const stranger = yield* connect({ host: '127.0.0.1', port })
    yield* stranger.sendAll('wrong\n1 + 1\n')
    let text = ''
    for (let chunk = yield* stranger.recv(); chunk !== null; chunk = yield* stranger.recv()) text += String(chunk)
    assert.equal(text, 'Wrong token.\n')
    const friend = yield* connect({ host: '127.0.0.1', port })
    yield* friend.sendAll(`${token}\n`)
    yield* friend.recvUntil('> ')
    assert.match(yield* converse(friend, '1 + 1', '2\n'), /^2\n$/)
    yield* server.stop({ timeout: 0 })
    while ((yield* friend.recv()) !== null);
  })
})

test('a backdoor that would be open to others is refused', () => {
  for (const options of [
    {},
    { port: 0 },
    { port: 0, token: 'short' },
    { port: 0, token, path: 'x' },
    { port: 0, token, host: '0.0.0.0' },
  ]) {
    assert.throws(
      () => new BackdoorServer(options),
      { code: /GVENT_(BAD_ARGUMENT|UNKNOWN_OPTION)/ },
      JSON.stringify(options),
    )
  }
})

test('printRunInfo shows those that are alive, and the last that have ended', async () => {
  const forget = rememberFinished({ count: 2 })
  const napper = spawn(function* napper() {
    yield* sleep(60_000)
  })
  for (const name of ['first', 'second', 'third']) {
    const greenlet = spawn(function* () {
      yield* sleep(0)
      if (name === 'third') throw new Error('token=secret')
    })
    greenlet.name = name
    await greenlet.join()
    greenlet.link(() => undefined)
  }
  const killed = spawn(function* killed() {
    yield* sleep(60_000)
  })
  await sleep(0)
  await killed.kill()
  await sleep(0)
  let text = ''
  printRunInfo({ output: { write: (chunk: string) => (text += chunk) } })
  forget()
  napper.kill()
  assert.match(text, /^\d+ greenlets alive, \d+ made, \d+ ended, \d+ timers\n/)
  assert.match(text, /"napper" waiting for sleep\(60000\).*\n {4}at napper/)
  assert.match(text, /"killed" ended by a kill> [\d.]+ s ago/)
  assert.doesNotMatch(text, /"first"|secret/)
})

test('assertSwitches raises when nobody else could run, or not soon enough', async () => {
  assert.equal(
    await assertSwitches(function* () {
      yield* sleep(0)
      return 42
    }),
    42,
  )
  await assert.rejects(assertSwitches(() => 42).then(), { name: 'FailedToSwitch', code: 'GVENT_FAILED_TO_SWITCH' })
  const spin = function* (): Generator<unknown, void> {
    yield* sleep(0)
    for (const end = performance.now() + 30; performance.now() < end;);
  }
  await assert.rejects(assertSwitches(spin, { maxBlockingTime: 20 }).then(), FailedToSwitch)
  await assertSwitches(spin, { maxBlockingTime: 60_000 })
  await assert.rejects(
    assertSwitches(function* () {
      yield* sleep(0)
      throw new RangeError('mine')
    }).then(),
    RangeError,
  )
})

test('spawn callbacks and monitoring functions are called until they are taken back', async () => {
  const names: string[] = []
  const stop = addSpawnCallback((greenlet) => names.push(greenlet.name))
  await spawn(function* one() {
    yield* sleep(0)
  })
  stop()
  await spawn(function* two() {
    yield* sleep(0)
  })
  assert.ok(names.includes('one') && !names.includes('two'))
  const alive = setInterval(() => undefined, 1000)
  await new Promise<void>((resolve) => {
    const end = addMonitoringFunction((hub) => {
      assert.equal(hub, getHub())
      end()
      resolve()
    }, 1)
  })
  clearInterval(alive)
})

test('watchMemory says when the limit is passed', async () => {
  const alive = setInterval(() => undefined, 1000)
  const usage = await new Promise<number>((resolve) => {
    const stop = watchMemory({
      maxMemoryUsage: 1_000_000,
      period: 1,
      onExceeded: (bytes) => {
        stop()
        resolve(bytes)
      },
    })
  })
  clearInterval(alive)
  assert.ok(usage > 1_000_000)
})
