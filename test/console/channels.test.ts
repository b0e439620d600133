import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { fetch, getHub, HTTPServer, joinAll, Lock, run, sleep, spawn, type Greenlet } from 'gvent'
import type { EndMessage, Exchange, KillMessage, LostErrorMessage, SlowWaitMessage, SpawnMessage } from 'gvent/console'
import { startProgram } from '../io/program.js'

/** What is published on a channel while `program` runs. */
async function published<M>(name: string, program: () => PromiseLike<unknown>): Promise<M[]> {
  const messages: M[] = []
  const listener = (message: unknown): void => {
    messages.push(message as M)
  }
  subscribe(name, listener)
  try {
    await program()
  } finally {
    unsubscribe(name, listener)
  }
  return messages
}

test('gvent:spawn tells of each greenlet that is started, with its parent', async () => {
  let child: Greenlet | undefined
  const messages = await published<SpawnMessage>('gvent:spawn', () =>
    spawn(function* parent() {
      child = spawn(function* child() {
        yield* sleep(0)
      })
      yield* child
    }),
  )
  assert.deepEqual(
    messages.map(({ greenlet, parent }) => [greenlet.name, parent?.name]),
    [
      ['parent', undefined],
      ['child', 'parent'],
    ],
  )
  assert.equal(messages[1]!.greenlet, child)
})

test('gvent:end tells how each has ended', async () => {
  const messages = await published<EndMessage>('gvent:end', async () => {
    const greenlets = [
      spawn(function* good() {
        yield* sleep(0)
      }),
      spawn(function* bad() {
        yield* sleep(0)
        throw new Error('bad')
      }),
      spawn(function* killed() {
        yield* sleep(60_000)
      }),
    ]
    greenlets[1]!.link(() => undefined)
    await sleep(0)
    greenlets[2]!.kill()
    await joinAll(greenlets)
  })
  const outcomes = Object.fromEntries(messages.map(({ greenlet, outcome }) => [greenlet.name, outcome]))
  assert.deepEqual(
    { good: outcomes['good'], bad: outcomes['bad'], killed: outcomes['killed'] },
    { good: 'value', bad: 'error', killed: 'killed' },
  )
  assert.equal((messages.find(({ outcome }) => outcome === 'error')!.error as Error).message, 'bad')
})

test('gvent:kill tells who kills whom, and with what', async () => {
  const messages = await published<KillMessage>('gvent:kill', async () => {
    const victim = spawn(function* victim() {
      yield* sleep(60_000)
    })
    await spawn(function* killer() {
      yield* sleep(0)
      yield* victim.kill()
    })
  })
  assert.deepEqual(
    messages.map(({ greenlet, by, error }) => [greenlet.name, by?.name, error.name]),
    [['victim', 'killer', 'GreenletExit']],
  )
})

test('gvent:lost-error tells of errors that nobody observed, and of no others', async () => {
  const { onError } = getHub()
  const reported = new Promise<void>((resolve) => {
    getHub().onError = () => {
      resolve()
    }
  })
  const fail = function* fail(message: string): Generator<unknown, void> {
    yield* sleep(0)
    throw new Error(message)
  }
  try {
    const messages = await published<LostErrorMessage>('gvent:lost-error', async () => {
      spawn(fail, 'lost')
      await spawn(fail, 'seen').then(undefined, () => undefined)
      await reported
      await new Promise(setImmediate)
    })
    assert.deepEqual(
      messages.map(({ greenlet, error }) => [greenlet.name, (error as Error).message]),
      [['fail', 'lost']],
    )
  } finally {
    getHub().onError = onError
  }
})

test('gvent:slow-wait tells of waits of a tenth of a second, and of no shorter ones', async () => {
  const lock = new Lock({ name: 'accounts' })
  const messages = await published<SlowWaitMessage>('gvent:slow-wait', async () => {
    const holder = spawn(function* holder() {
      const permit = yield* lock.acquire()
      yield* sleep(150)
      permit.release()
    })
    const waiter = spawn(function* waiter() {
      yield* lock.acquire()
      yield* sleep(0)
    })
    await joinAll([holder, waiter])
  })
  assert.deepEqual(messages.map(({ greenlet, operation }) => [greenlet.name, operation]).sort(), [
    ['holder', 'sleep(150)'],
    ['waiter', 'Lock "accounts".acquire'],
  ])
  assert.ok(messages.every(({ milliseconds }) => milliseconds >= 100))
})

test('gvent:request and gvent:fetch tell of both ends of an exchange with one object', async () => {
  const server = new HTTPServer({ host: '127.0.0.1', port: 0 }, function* answer(request) {
    yield* sleep(0)
    return new Response('hello', { status: request.headers.get('x-status') === '500' ? 500 : 200 })
  })
  await server.start()
  const { port } = server.address() as AddressInfo
  const starts: Exchange[] = []
  const onStart = (message: unknown): void => {
    const exchange = message as Exchange
    assert.equal(exchange.milliseconds, -1)
    starts.push(exchange)
  }
  subscribe('gvent:request:start', onStart)
  subscribe('gvent:fetch:start', onStart)
  let fetches: Exchange[] = []
  const requests = await published<Exchange>('gvent:request', async () => {
    fetches = await published<Exchange>('gvent:fetch', () =>
      spawn(function* client() {
        const options = { method: 'POST', headers: { 'x-status': '500' } }
        const response = yield* fetch(`http://127.0.0.1:${port}/items?token=secret`, options)
        yield* response.text()
      }),
    )
    await server.stop()
  })
  unsubscribe('gvent:request:start', onStart)
  unsubscribe('gvent:fetch:start', onStart)
  assert.deepEqual(
    [...requests, ...fetches].map(({ method, url, status, greenlet }) => [method, url, status, greenlet?.name]),
    [
      ['POST', '/items', 500, 'POST /items'],
      ['POST', `http://127.0.0.1:${port}/items`, 500, 'client'],
    ],
  )
  assert.equal(requests[0]!.headers?.['x-status'], '500')
  assert.ok(starts.includes(requests[0]!) && starts.includes(fetches[0]!))
  assert.ok(requests[0]!.milliseconds >= 0)
})

test('a fetch that fails, and one that is killed, have no status and a reason', async () => {
  const server = new HTTPServer({ host: '127.0.0.1', port: 0 }, function* slow() {
    yield* sleep(60_000)
    return new Response('late')
  })
  await server.start()
  const { port } = server.address() as AddressInfo
  const fetches = await published<Exchange>('gvent:fetch', async () => {
    const killed = spawn(function* killed() {
      yield* fetch(`http://127.0.0.1:${port}/`)
    })
    const refused = spawn(function* refused() {
      yield* fetch('http://127.0.0.1:1/')
    })
    refused.link(() => undefined)
    await sleep(20)
    await killed.kill()
    await refused.join()
    await sleep(10)
  })
  await server.stop({ timeout: 0 })
  assert.deepEqual(fetches.map(({ greenlet, status, error }) => [greenlet?.name, status, error !== undefined]).sort(), [
    ['killed', 0, true],
    ['refused', 0, true],
  ])
})

test('a subscriber can begin the handler of a request in a scope of its own', async () => {
  const store = new AsyncLocalStorage<string>()
  const server = new HTTPServer({ host: '127.0.0.1', port: 0 }, function* answer() {
    yield* sleep(0)
    const below = yield* spawn(() => store.getStore())
    return new Response(`${store.getStore()} ${below}`)
  })
  await server.start()
  const { port } = server.address() as AddressInfo
  const onStart = (message: unknown): void => {
    ;(message as Exchange).enter = (begin) => {
      store.run('request', begin)
    }
  }
  subscribe('gvent:request:start', onStart)
  const text = await run(function* () {
    return yield* (yield* fetch(`http://127.0.0.1:${port}/`)).text()
  })
  unsubscribe('gvent:request:start', onStart)
  await server.stop()
  assert.equal(text, 'request request')
})

test('who subscribed before the program loaded gvent gets the first greenlet', async () => {
  const { ended } = startProgram(`
    import { subscribe } from 'node:diagnostics_channel'
    subscribe('gvent:spawn', ({ greenlet }) => console.log(greenlet.name))
    const { spawn } = await import('gvent')
    await spawn(function* first() {})`)
  assert.deepEqual(await ended, { code: 0, signal: null, stdout: 'first\n', stderr: '' })
})

test('nothing in the hub is different once nobody is subscribed any more', async () => {
  await sleep(0)
  const hub = Object.getPrototypeOf(getHub()) as Record<string, unknown>
  const before = ['register', 'noteFailure'].map((name) => hub[name])
  const stop = [1, 2].map(() => {
    const listener = (): void => undefined
    subscribe('gvent:spawn', listener)
    return () => unsubscribe('gvent:spawn', listener)
  })
  assert.notEqual(hub['register'], before[0])
  assert.equal(hub['noteFailure'], before[1])
  stop[0]!()
  assert.notEqual(hub['register'], before[0])
  stop[1]!()
  assert.deepEqual(
    ['register', 'noteFailure'].map((name) => hub[name]),
    before,
  )
  assert.equal(channel('gvent:spawn').hasSubscribers, false)
})
