import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { joinAll, run, spawn, until, type Coroutine } from 'gvent'
import { startPeer } from '../io/http-peer.js'
import { nginx, startNginx, type Proxy } from '../io/http/nginx.js'
import { printedPlainly } from './plainly.js'

const peer = await startPeer()

/** A client of HTTP that has one connection to each server, which is kept open. */
export interface HTTPClient {
  /** Gets a page, which is JSON. */
  get(url: string, signal?: AbortSignal): Promise<unknown>
  /** Closes the connections. */
  close(): unknown
}

/**
 * Declares the tests of a client of HTTP, whose server is an nginx in front of this process.
 *
 * @param plain a program with async/await, which gets the address of the server as its argument.
 * @param expected what the program prints.
 */
export function testHTTPClient(name: string, plain: string, expected: RegExp, makeClient: () => HTTPClient): void {
  const skip = nginx === undefined ? 'nginx is not installed' : false
  let server: Proxy
  before(async () => {
    if (skip === false) server = await startNginx(new URL(peer.url).host)
  })
  after(() => server?.stop())

  /** A test in a greenlet with a client of its own. */
  const greenTest = (behaviour: string, body: (client: HTTPClient) => Coroutine<unknown>): void => {
    void test(`${name}: ${behaviour}`, { skip }, async () => {
      const client = makeClient()
      try {
        await run(body, client)
      } finally {
        await client.close()
      }
    })
  }

  void test(`${name}: a program with async/await does what it did`, { skip }, async () => {
    assert.match(await printedPlainly(plain, server.url), expected)
  })

  greenTest('fifty greenlets share a connection', function* (client) {
    const title = function* (path: string): Coroutine<unknown> {
      return yield* client.get(server.url + path)
    }
    const paths = Array.from({ length: 50 }, (_, number) => `/page-${number}`)
    const greenlets = paths.map((path) => spawn(title, path))
    yield* joinAll(greenlets, { raiseError: true })
    assert.deepEqual(
      greenlets.map(({ value }) => value),
      paths.map((path) => [{ title: path }]),
    )
  })

  greenTest('a killed greenlet that passed on its signal takes its request along', function* (client) {
    const path = '/silent/signal'
    const killed = spawn(function* () {
      yield* until((signal) => client.get(server.url + path, signal))
      assert.fail('it was not killed')
    })
    yield* peer.request(path)
    yield* killed.kill()
    yield* peer.gone(path)
    assert.deepEqual(yield* client.get(`${server.url}/after`), [{ title: '/after' }])
  })

  greenTest('a killed greenlet leaves a request to itself, and the connection usable', function* (client) {
    const path = '/silent/promise'
    const killed = spawn(function* () {
      yield* client.get(server.url + path)
      assert.fail('it was not killed')
    })
    const response = yield* peer.request(path)
    yield* killed.kill()
    const next = spawn(() => client.get(`${server.url}/next`))
    response.end('"nobody waits for it"')
    assert.deepEqual(yield* next, [{ title: '/next' }])
  })
}
