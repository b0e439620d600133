import assert from 'node:assert/strict'
import { EventEmitter, getEventListeners, once } from 'node:events'
import { after, beforeEach, test } from 'node:test'
import { inspect } from 'node:util'
import { fetchTable, responseTable } from '#io/monkey/patches/patch-fetch'
import { Timeout, all, fetch as greenFetch, race, run, sleep, spawn, until, withTimeout } from 'gvent'
import { getOriginal, isPatched, patchFetch, unpatchAll } from 'gvent/monkey'
import 'gvent/monkey/all'
import { startPeer } from '../http-peer.js'
import { startProgram } from '../program.js'

const platformFetch = getOriginal(globalThis, 'fetch')
const peer = await startPeer()

// Promises themselves are not patched here: what the patched functions return has to do without.
beforeEach(() => {
  unpatchAll()
  patchFetch()
})
after(unpatchAll)

test('a greenlet waits for the response and for its body with yield*', async () => {
  const title = await run(function* () {
    const response = yield* fetch(`${peer.url}a`)
    const items = (yield* response.json()) as { title: string }[]
    return `${response.status} ${items[0]!.title}`
  })
  assert.equal(title, '200 /a')
})

test('the result is a promise of a Response, as it always was', async () => {
  const promise = fetch(`${peer.url}plain`)
  assert.equal(Object.getPrototypeOf(promise), Promise.prototype)
  assert.deepEqual(Object.keys(promise), [])
  assert.equal(looks(promise), looks(new Promise(() => undefined)))
  const response = await promise
  assert.equal(Object.getPrototypeOf(response), Response.prototype)
  assert.deepEqual(Reflect.ownKeys(response), Reflect.ownKeys(await platformFetch(`${peer.url}plain`)))
  const body = response.text()
  assert.equal(Object.getPrototypeOf(body), Promise.prototype)
  assert.equal(await body.finally(() => undefined), '[{"title":"/plain"}]')
})

test('every replaced function looks like its original', async () => {
  await (await fetch(`${peer.url}x`)).text()
  for (const { target, replaces } of [fetchTable, responseTable]) {
    const object = target()
    const names = Object.keys(replaces!).filter((name) => name in object)
    assert.ok(names.length > 0)
    const patched = names.map((name) => Object.getOwnPropertyDescriptor(object, name)!)
    assert.ok(names.every((name) => isPatched(object, name)))
    unpatchAll()
    for (const [index, name] of names.entries()) {
      const before = Object.getOwnPropertyDescriptor(object, name)!
      const [original, replacement] = [before.value, patched[index]!.value] as (() => unknown)[]
      assert.notEqual(replacement, original)
      assert.deepEqual({ ...patched[index], value: undefined }, { ...before, value: undefined })
      assert.deepEqual(Object.getOwnPropertyDescriptors(replacement), Object.getOwnPropertyDescriptors(original))
      assert.equal(Object.getPrototypeOf(replacement), Object.getPrototypeOf(original))
      assert.equal(isConstructor(replacement!), isConstructor(original!))
      assert.match(Function.prototype.toString.call(replacement), /\[native code\]/)
    }
    patchFetch()
    await (await fetch(`${peer.url}x`)).text()
  }
})

/** Whether `fn` can be called with `new`, without calling it. */
function isConstructor(fn: () => unknown): boolean {
  try {
    Reflect.construct(Object, [], fn)
    return true
  } catch {
    return false
  }
}

/** How a value is printed. The test runner of Node 20 numbers promises. */
function looks(value: unknown): string {
  return inspect(value).replace(/\d+/g, '1')
}

test('a kill while waiting for the response aborts the request', async () => {
  const arrived = peer.request('/silent/kill')
  const greenlet = spawn(function* () {
    yield* fetch(`${peer.url}silent/kill`)
  })
  await arrived
  greenlet.kill()
  await peer.gone('/silent/kill')
})

test('so does a kill in any other kind of wait for it', async () => {
  const waits: Record<string, () => Generator> = {
    *plain() {
      yield fetch(`${peer.url}silent/plain`)
    },
    *until() {
      yield* until(fetch(`${peer.url}silent/until`))
    },
    *made() {
      yield* until(() => fetch(`${peer.url}silent/made`))
    },
    *all() {
      yield* all([sleep(10_000), fetch(`${peer.url}silent/all`)])
    },
  }
  for (const [name, wait] of Object.entries(waits)) {
    const arrived = peer.request(`/silent/${name}`)
    const greenlet = spawn(wait)
    await arrived
    greenlet.kill()
    await peer.gone(`/silent/${name}`)
  }
})

test('a timeout and a lost race abort the request', async () => {
  await run(function* () {
    try {
      yield* withTimeout(50, fetch(`${peer.url}silent/timeout`))
    } catch (error) {
      assert.ok(error instanceof Timeout)
    }
    const arrived = peer.request('/silent/loser')
    yield* race([fetch(`${peer.url}silent/loser`), arrived])
  })
  await peer.gone('/silent/timeout')
  await peer.gone('/silent/loser')
})

test('a kill while reading the body aborts the connection', async () => {
  const reading = new EventEmitter()
  const greenlet = spawn(function* () {
    const response = yield* fetch(`${peer.url}half/kill`)
    reading.emit('now')
    yield* response.text()
  })
  await once(reading, 'now')
  greenlet.kill()
  await peer.gone('/half/kill')
})

test('a promise that two greenlets wait for is aborted when both gave up', async () => {
  const arrived = peer.request('/silent/shared')
  const promise = fetch(`${peer.url}silent/shared`)
  const waiters = [1, 2, 3].map(() =>
    spawn(function* () {
      return yield* promise
    }),
  )
  const response = await arrived
  waiters[0]!.kill()
  waiters[1]!.kill()
  response.end('still there')
  assert.equal(await (await waiters[2]!).text(), 'still there')

  const both = fetch(`${peer.url}silent/both`)
  const coming = peer.request('/silent/both')
  const losers = [1, 2].map(() =>
    spawn(function* () {
      yield* both
    }),
  )
  await coming
  for (const loser of losers) loser.kill()
  await peer.gone('/silent/both')
})

test('the reader of a clone is not disturbed by the end of another reader', async () => {
  const arrived = peer.request('/half/clone')
  const response = await fetch(`${peer.url}half/clone`)
  const clone = response.clone()
  const [first, second] = [response, clone].map((each) =>
    spawn(function* () {
      return yield* each.text()
    }),
  )
  await sleep(0)
  first!.kill()
  ;(await arrived).end('"rest"')
  assert.equal(await second, '[{"ti"rest"')
})

test("the caller's signal is left alone, whoever comes to the end of the body", async () => {
  const { signal } = new AbortController()
  const readers: ((response: Response) => unknown)[] = [
    (response) => response.json(),
    (response) => new Response(response.body).text(),
    (response) => response.body!.cancel(),
    (response) => Promise.all([response.clone().text(), response.text()]),
    async (response) => {
      for await (const chunk of response.body! as AsyncIterable<Uint8Array>) assert.ok(chunk.length > 0)
    },
  ]
  for (const read of readers) {
    await read(await fetch(`${peer.url}whole`, { signal }))
    while (getEventListeners(signal, 'abort').length > 0) await sleep(1)
  }
})

test("the caller's own signal works as ever, and is left alone afterwards", async () => {
  const { signal } = new AbortController()
  await (await fetch(`${peer.url}whole`, { signal })).text()
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  const outcomes = []
  for (const call of [fetch, platformFetch]) {
    const controller = new AbortController()
    const arrived = peer.request('/silent/signal')
    const response = outcome(() => call(`${peer.url}silent/signal`, { signal: controller.signal }))
    const half = await call(new Request(`${peer.url}half/signal`, { signal: controller.signal }))
    const body = outcome(() => half.text())
    await arrived
    controller.abort(new Error('enough'))
    const late = outcome(() => call(peer.url, { signal: controller.signal }))
    outcomes.push([await response, await body, await late])
    await peer.gone('/silent/signal')
    await peer.gone('/half/signal')
  }
  assert.deepEqual(outcomes[0], outcomes[1])
})

/** What a call gives or raises, and whether it raises at once, for comparison. */
async function outcome(call: () => unknown): Promise<unknown> {
  let result: unknown
  try {
    result = call()
  } catch (error) {
    return ['throws', String(error)]
  }
  try {
    return ['gives', typeof (await result)]
  } catch (error) {
    const { name, message, cause } = error as Error
    return ['rejects', name, message, (cause as Error | undefined)?.message]
  }
}

test('what the platform refuses is refused in the same way', async () => {
  await (await fetch(`${peer.url}x`)).text()
  const used = await platformFetch(`${peer.url}used`)
  await used.text()
  const calls: ((fetch: (...args: unknown[]) => unknown) => unknown)[] = [
    (fetch) => fetch(),
    (fetch) => fetch('/relative'),
    (fetch) => fetch('http://127.0.0.1:1/'),
    (fetch) => fetch(undefined),
    (fetch) => fetch(Symbol('address')),
    (fetch) => fetch(peer.url, 5),
    (fetch) => fetch(peer.url, null),
    (fetch) => fetch(peer.url, () => undefined),
    (fetch) => fetch(peer.url, { signal: 'none' }),
    (fetch) => fetch(peer.url, { signal: {} }),
    (fetch) => fetch(peer.url, { signal: null }),
    (fetch) => fetch(peer.url, { method: 'GET', body: 'text' }),
    (fetch) => fetch(peer.url, new Request('http://unused.test', { method: 'POST', body: 'text' })),
    (fetch) => fetch(peer.url, new Map()),
  ]
  for (const call of calls) {
    assert.deepEqual(
      await outcome(() => call(fetch as never)),
      await outcome(() => call(platformFetch as never)),
      String(call),
    )
  }
  const methods: ((response: Response) => unknown)[] = [
    (response) => response.json.call({}),
    (response) => response.clone.call({}),
    (response) => response.text(),
    (response) => response.clone(),
  ]
  for (const method of methods) {
    const patched = await outcome(() => method(used))
    unpatchAll()
    assert.deepEqual(patched, await outcome(() => method(used)), String(method))
    patchFetch()
    await (await fetch(`${peer.url}x`)).text()
  }
})

test('a rejection that nobody handles is as unhandled as ever', async () => {
  const program = `
    process.on('unhandledRejection', (error) => console.log('unhandled: ' + error.message))
    fetch('/relative')`
  const expected = await startProgram(program).ended
  assert.match(expected.stdout, /^unhandled: .+\n$/)
  assert.deepEqual(await startProgram(`import 'gvent/monkey/all'${program}`).ended, expected)
})

test("gvent's own fetch works over the patched one", async () => {
  const response = await greenFetch(`${peer.url}green`)
  assert.deepEqual(await response.json(), [{ title: '/green' }])
  const arrived = peer.request('/silent/green')
  const greenlet = spawn(function* () {
    yield* greenFetch(`${peer.url}silent/green`)
  })
  await arrived
  greenlet.kill()
  await peer.gone('/silent/green')
})

test('a response that did not come by fetch can be waited for too', async () => {
  await (await fetch(`${peer.url}first`)).text()
  await run(function* () {
    assert.equal(yield* new Response('made here').text(), 'made here')
  })
})

test('unpatchAll puts fetch and the class back, and a patched fetch that was kept does not patch again', async () => {
  const kept = fetch
  unpatchAll()
  assert.equal(fetch, platformFetch)
  await (await kept(`${peer.url}kept`)).text()
  assert.equal(isPatched(Response.prototype), false)
  assert.equal(patchFetch(), true)
  assert.equal(patchFetch(), false)
})
