/**
 * A program for each part of the library that people bundle. Each prints {@link RIGHT} when all is well, and ends with another
 * status than 0 otherwise. None uses top-level await, which CommonJS has not.
 */
export const RIGHT = 'the bundled program is right'

const right = `console.log('${RIGHT}')`
const local = `{ host: '127.0.0.1', port: 0 }`

export const programs = {
  scheduler: `
    import assert from 'node:assert/strict'
    import { Queue, Timeout, joinAll, run, sleep, spawn, withTimeout } from 'gvent/scheduler'

    run(function* () {
      const queue = new Queue()
      const slow = spawn(function* () { yield* sleep(2); yield* queue.put('slow') })
      yield* joinAll([slow, spawn(() => queue.put('fast'))])
      assert.deepEqual([yield* queue.get(), yield* queue.get()], ['fast', 'slow'])
      try {
        yield* withTimeout(1, () => sleep(60_000))
        assert.fail('no timeout')
      } catch (error) {
        assert.ok(error instanceof Timeout)
      }
      ${right}
    })`,

  servers: `
    import assert from 'node:assert/strict'
    import { HTTPServer, StreamServer, WSGIServer, connect, fetch, run } from 'gvent'

    run(function* () {
      const web = new HTTPServer(${local}, (request) => new Response('hello ' + new URL(request.url).pathname))
      yield* web.start()
      const response = yield* fetch('http://127.0.0.1:' + web.address().port + '/web')
      assert.equal(yield* response.text(), 'hello /web')
      yield* web.stop()

      const gateway = new WSGIServer(${local}, function (environ, startResponse) {
        startResponse('200 OK', [['Content-Type', 'text/plain']])
        return [environ.PATH_INFO]
      })
      yield* gateway.start()
      const answer = yield* fetch('http://127.0.0.1:' + gateway.address().port + '/gateway')
      assert.equal(yield* answer.text(), '/gateway')
      yield* gateway.stop()

      const echo = new StreamServer(${local}, function* (socket) { yield* socket.sendAll(yield* socket.recv()) })
      yield* echo.start()
      const socket = yield* connect(echo.address())
      yield* socket.sendAll('ping')
      assert.equal(String(yield* socket.recv()), 'ping')
      socket.close()
      yield* echo.stop()
      ${right}
    })`,

  console: `
    import assert from 'node:assert/strict'
    import { fetch, run } from 'gvent'
    import { serveConsole } from 'gvent/console'

    run(function* () {
      const served = yield* serveConsole()
      const page = yield* fetch(served.url)
      assert.equal(page.status, 200)
      assert.match(yield* page.text(), /<script type="module" nonce=/)
      const rows = yield* fetch(new URL('/rows' + new URL(served.url).search, served.url))
      assert.ok((yield* rows.json()).total > 0)
      yield* served.stop()
      ${right}
    })`,

  threads: `
    import assert from 'node:assert/strict'
    import { ThreadPool, fromModule, run } from 'gvent'

    run(function* () {
      const pool = new ThreadPool(2)
      assert.equal(yield* pool.apply((a, b) => a * b, 6, 7), 42)
      assert.deepEqual(yield* pool.map(async (n) => { await null; return n + 1 }, [1, 2, 3]), [2, 3, 4])
      assert.equal(yield* pool.apply(function* () { return yield Promise.resolve('waited') }), 'waited')
      assert.equal(yield* pool.apply(fromModule('node:path', 'basename'), '/a/b'), 'b')
      yield* pool.kill()
      ${right}
    })`,

  cluster: `
    import assert from 'node:assert/strict'
    import { Cluster, HTTPServer, fetch, run } from 'gvent'

    const cluster = new Cluster({ workers: 2 }, () => new HTTPServer(${local}, () => new Response(String(process.pid))))
    run(function* () {
      if (!cluster.isPrimary) return yield* cluster.serveForever()
      yield* cluster.start()
      const response = yield* fetch('http://127.0.0.1:' + cluster.address().port)
      assert.notEqual(yield* response.text(), String(process.pid))
      yield* cluster.stop()
      ${right}
    })`,

  processes: `
    import assert from 'node:assert/strict'
    import { run, subprocess } from 'gvent'

    run(function* () {
      const sorted = yield* subprocess.run(['sort', '-n'], { input: '10\\n9\\n', text: true })
      assert.equal(sorted.stdout, '9\\n10\\n')
      const cat = new subprocess.Popen(['cat'])
      yield* cat.stdin.sendAll('one\\n')
      assert.equal(String(yield* cat.stdout.readLine()), 'one')
      cat.close()
      ${right}
    })`,

  monkey: `
    import 'gvent/monkey/all'
    import assert from 'node:assert/strict'
    import net from 'node:net'
    import { setTimeout } from 'node:timers/promises'
    import { run, spawn, HTTPServer } from 'gvent'

    run(function* () {
      const server = yield* net.createServer().listen(0, '127.0.0.1')
      const client = yield* net.connect(server.address().port, '127.0.0.1')
      const connection = yield* server.accept()
      yield* client.sendAll('hello\\n')
      assert.equal(String(yield* connection.readLine()), 'hello')
      yield* setTimeout(1)
      client.destroy()
      server.close()
      const web = new HTTPServer(${local}, () => Response.json({ patched: true }))
      yield* web.start()
      const response = yield* fetch('http://127.0.0.1:' + web.address().port)
      assert.deepEqual(yield* response.json(), { patched: true })
      yield* web.stop()
      ${right}
    })`,

  testing: `
    import assert from 'node:assert/strict'
    import { joinAll, sleep, spawn, StreamServer, connect } from 'gvent'
    import { explore, network, simulate } from 'gvent/testing'

    async function main() {
      await simulate(() => sleep(3_600_000))
      await simulate(function* () {
        const server = new StreamServer(${local}, function* (socket) { yield* socket.sendAll('simulated') })
        yield* server.start()
        const socket = yield* connect(server.address())
        assert.equal(String(yield* socket.recv()), 'simulated')
        socket.close()
        yield* server.stop()
        assert.deepEqual(network().netstat(), [])
      })
      const failure = await explore(function* () {
        let total = 0
        function* add() { const before = total; yield* sleep(1); total = before + 1 }
        yield* joinAll([spawn(add), spawn(add)])
        assert.equal(total, 2, 'an update was lost')
      }).catch((error) => error)
      assert.match(failure.message, /an update was lost/)
      ${right}
    }
    main()`,
}
