/**
 * What other runtimes do in another way than Node, each shown by a program and what it prints: the reasons of tests that are
 * exempt. Each is run before the tests, so that one that is no longer so is seen.
 *
 * @typedef {object} Fact
 * @property {string} reason
 * @property {string} program an ES module
 * @property {string} node what it prints in Node
 * @property {string} [deno] in Deno, where that is something else
 * @property {string} [bun] in Bun
 */

/** The reason of those that fail for one that nobody has found yet. */
export const unknown = 'it is not known why'

const tls = `
  import net from 'node:net'
  import tls from 'node:tls'
  import { cert, key } from './tls-fixture.js'
  const ends = (text) => { console.log(text); process.exit() }`

/** @satisfies {Record<string, Fact>} */
export const facts = {
  undici: {
    reason:
      'uses what only undici has, on which the fetch of Node stands: limits of redirects, dispatchers, a network that is simulated',
    program: `console.log(process.versions.undici === undefined)`,
    node: 'false',
    deno: 'true',
    bun: 'true',
  },
  errorsOfFetch: {
    reason: 'looks at the errors of fetch, which has others there',
    program: `
      import { createServer } from 'node:http'
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address()
        server.close(() => fetch('http://127.0.0.1:' + port).catch(({ message }) => console.log(message.split(/[:.]/)[0])))
      })`,
    node: 'fetch failed',
    bun: 'ECONNREFUSED',
  },
  responses: {
    reason: 'compares a response with one of Node to the last property',
    program: `console.log(Response.json({}).headers.get('content-type'))`,
    node: 'application/json',
    bun: 'application/json;charset=utf-8',
  },
  namedImports: {
    reason: 'patches a module of Node for those who have imported its functions by name',
    program: `
      import fs, { existsSync } from 'node:fs'
      import { syncBuiltinESMExports } from 'node:module'
      fs.existsSync = () => 'patched'
      syncBuiltinESMExports()
      console.log(existsSync('/'))`,
    node: 'patched',
    deno: 'true',
    bun: 'true',
  },
  moduleHooks: {
    reason: 'uses the hooks of Node for modules, or preloads by its options',
    program: `
      import module from 'node:module'
      const hooks = 'export const load = (url, context, next) => url.endsWith("//hooked")' +
        ' ? { format: "module", source: "export default 1", shortCircuit: true } : next(url, context)'
      try {
        module.register('data:text/javascript,' + encodeURIComponent(hooks))
        console.log((await import('data:text/javascript,export default 0 //hooked')).default)
      } catch {
        console.log('refused')
      }`,
    node: '1',
    deno: 'refused',
    bun: '0',
  },
  coverage: {
    reason: 'reads the coverage that Node writes',
    program: `
      import { spawnSync } from 'node:child_process'
      import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
      const folder = mkdtempSync('coverage-')
      spawnSync(process.execPath, ['-e', '1'], { env: { ...process.env, NODE_V8_COVERAGE: folder } })
      console.log(readdirSync(folder).length > 0)
      rmSync(folder, { recursive: true })`,
    node: 'true',
    deno: 'false',
    bun: 'false',
  },
  inspector: {
    reason: 'asks the inspector of V8 where a generator is parked, or where the main thread hangs',
    program: `
      import { Session } from 'node:inspector'
      import { Worker } from 'node:worker_threads'
      const session = new Session()
      session.connect()
      const places = []
      session.post('Runtime.evaluate', { expression: '(function* () {})()' }, (error, answer) => {
        if (error === null)
          session.post('Runtime.getProperties', { objectId: answer.result.objectId }, (_, { internalProperties = [] }) =>
            places.push(...internalProperties.filter(({ name }) => name === '[[GeneratorLocation]]')))
      })
      const worker = new Worker(\`
        const { Session } = require('node:inspector')
        try {
          new Session().connectToMainThread()
          require('node:worker_threads').parentPort.postMessage(true)
        } catch {
          require('node:worker_threads').parentPort.postMessage(false)
        }\`, { eval: true })
      worker.on('message', (connects) => { console.log(places.length, connects); process.exit() })`,
    node: '1 true',
    deno: '1 false',
    bun: '0 true',
  },
  collection: {
    reason: 'collects garbage with --expose-gc',
    program: `console.log(typeof gc)`,
    node: 'function',
    bun: 'undefined',
  },
  endOfLoop: {
    reason: 'needs a sign that nothing is left while the main module waits',
    program: `
      process.on('beforeExit', () => console.log('beforeExit'))
      // Bun waits for ever.
      setTimeout(() => process.exit(), 1000).unref()
      await new Promise(() => undefined)`,
    node: 'beforeExit',
    deno: '',
    bun: '',
  },
  exitOfFailure: {
    reason: "needs the event 'exit' of a program that an error ends",
    program: `
      process.on('exit', () => console.log('exit'))
      setTimeout(() => { throw new Error('fails') })`,
    node: 'exit',
    deno: '',
  },
  startErrors: {
    reason: 'makes the system refuse to start a process, and looks why',
    program: `
      import { ChildProcess, spawn } from 'node:child_process'
      const { spawn: start } = ChildProcess.prototype
      let error
      ChildProcess.prototype.spawn = function (options) { return (error = start.call(this, options)) }
      spawn('no-such-program').on('error', () => undefined)
      console.log(error < 0)`,
    node: 'true',
    bun: 'false',
  },
  tlsResets: {
    reason: 'resets a connection below TLS: Deno says that it ended',
    program: `${tls}
      const server = net.createServer((raw) => {
        new tls.TLSSocket(raw, { isServer: true, key, cert }).on('secure', () => raw.resetAndDestroy()).on('error', () => undefined)
      })
      server.listen(0, '127.0.0.1', () => {
        const socket = tls.connect({ port: server.address().port, rejectUnauthorized: false })
        socket.resume().on('error', ({ code }) => ends(code)).on('end', () => ends('end'))
      })`,
    node: 'ECONNRESET',
    deno: 'end',
  },
  tlsWrites: {
    reason: 'writes over TLS to somebody who does not read: Deno takes all at once',
    program: `${tls}
      const server = tls.createServer({ key, cert }, (socket) => socket.pause()).listen(0, '127.0.0.1', () => {
        const socket = tls.connect({ port: server.address().port, rejectUnauthorized: false })
        socket.write(Buffer.alloc(64 << 20), () => ends('taken'))
        setTimeout(() => ends('waits'), 1000)
      })`,
    node: 'waits',
    deno: 'taken',
  },
  refusedDatagrams: {
    reason: 'sends datagrams to a port where nobody listens: Deno reports no refusal',
    program: `
      import { createSocket } from 'node:dgram'
      const ends = (text) => { console.log(text); process.exit() }
      const socket = createSocket('udp4').on('error', ({ code }) => ends(code))
      socket.connect(9, '127.0.0.1', () => {
        socket.send('one')
        setTimeout(() => socket.send('two', () => undefined), 100)
        setTimeout(() => ends('nothing'), 1000)
      })`,
    node: 'ECONNREFUSED',
    deno: 'nothing',
  },
  fullDisks: {
    reason: 'prints to a full disk, which ends a program there',
    program: `
      import { spawnSync } from 'node:child_process'
      import { openSync } from 'node:fs'
      const script = "console.log('x'); setTimeout(() => process.exit(5), 100)"
      console.log(spawnSync(process.execPath, ['-e', script], { stdio: ['ignore', openSync('/dev/full', 'w'), 'ignore'] }).status)`,
    node: '5',
    deno: '1',
  },
  asyncHooks: {
    reason: 'counts the async resources of Node',
    program: `
      import { AsyncResource, createHook } from 'node:async_hooks'
      let made = 0
      createHook({ init: () => made++ }).enable()
      new AsyncResource('one')
      console.log(made > 0)`,
    node: 'true',
    bun: 'false',
  },
  activeResources: {
    reason:
      'counts what is under way, or simulates promises by the hundred: without that count a simulation waits for each with all its patience',
    program: `
      setTimeout(() => undefined, 10)
      console.log(process.getActiveResourcesInfo().includes('Timeout'))`,
    node: 'true',
    bun: 'false',
  },
  oldConnections: {
    reason: 'speaks HTTP/1.0 over a connection that is to be kept: Bun closes it',
    program: `
      import { createServer } from 'node:http'
      import { connect } from 'node:net'
      const ends = (text) => { console.log(text); process.exit() }
      const server = createServer((_, response) => response.setHeader('content-length', 2).end('ok')).listen(0, '127.0.0.1', () => {
        const socket = connect(server.address().port, '127.0.0.1')
        socket.write('GET / HTTP/1.0\\r\\nConnection: keep-alive\\r\\n\\r\\n')
        socket.on('data', (data) => { if (/keep-alive/i.test(data)) ends('kept') }).on('end', () => ends('closed'))
      })`,
    node: 'kept',
    bun: 'closed',
  },
  limitsOfThreads: {
    reason: 'limits the memory of a thread',
    program: `
      import { Worker } from 'node:worker_threads'
      const worker = new Worker('setTimeout(() => {}, 300)', { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8 } })
      worker.on('online', () => { console.log(worker.resourceLimits?.maxOldGenerationSizeMb); process.exit() })`,
    node: '8',
    bun: 'undefined',
  },
  pipesOfProcesses: {
    reason: 'looks at how much was read of the pipe of a process, which is no socket in Bun',
    program: `
      import { spawn } from 'node:child_process'
      const { stdout } = spawn('echo', ['hello'])
      stdout.resume().on('end', () => console.log(stdout.bytesRead))`,
    node: '6',
    bun: 'undefined',
  },
  tlsErrors: {
    reason: 'looks at the reason that OpenSSL gives for a failed handshake',
    program: `${tls}
      const server = net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\\r\\n\\r\\n')).listen(0, '127.0.0.1', () => {
        tls.connect({ port: server.address().port, host: '127.0.0.1' }).on('error', ({ reason }) => ends(reason))
      })`,
    node: 'wrong version number',
    deno: 'undefined',
  },
  enteredStores: {
    reason: 'enters a store of AsyncLocalStorage in one step of a greenlet, and has it in the next',
    program: `
      import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
      const [storage, resource] = [new AsyncLocalStorage(), new AsyncResource('one')]
      resource.runInAsyncScope(() => storage.enterWith(5))
      resource.runInAsyncScope(() => console.log(storage.getStore()))`,
    node: '5',
    deno: 'undefined',
    bun: 'undefined',
  },
  trailers: {
    reason: 'sends trailers over a connection that was handed to a server of node:http: Bun leaves them out',
    program: `
      import { createServer as createHTTPServer } from 'node:http'
      import { connect, createServer } from 'node:net'
      const http = createHTTPServer((_, response) => {
        response.writeHead(200, { Trailer: 'X' }).write('a')
        response.addTrailers({ X: '1' })
        response.end()
      })
      const server = createServer((socket) => http.emit('connection', socket)).listen(0, '127.0.0.1', () => {
        const socket = connect(server.address().port, '127.0.0.1')
        socket.write('GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n')
        let text = ''
        socket.on('data', (more) => (text += more)).on('end', () => { console.log(text.includes('X: 1')); process.exit() })
      })`,
    node: 'true',
    bun: 'false',
  },
  ownListeners: {
    reason: 'counts the listeners of a TLS socket, of which Bun takes one away that is its own',
    program: `${tls}
      const server = tls.createServer({ key, cert }, (socket) => socket.end('bye')).listen(0, '127.0.0.1', () => {
        const raw = net.connect(server.address().port, '127.0.0.1', () => {
          const socket = tls.connect({ socket: raw, rejectUnauthorized: false }, () => {
            const before = socket.listenerCount('end')
            socket.resume().on('close', () => ends(before - socket.listenerCount('end')))
          })
        })
      })`,
    node: '1',
    bun: '2',
  },
  listensAtOnce: {
    reason: 'gives up a server that does not listen yet: Bun has it listen at once',
    program: `
      import { createServer } from 'node:net'
      console.log(createServer().listen(0, '127.0.0.1').listening)
      process.exit()`,
    node: 'false',
    bun: 'true',
  },
  tailCalls: {
    reason: 'finds a caller in a stack that JavaScriptCore has left already: it returned what it called',
    program: `
      const inner = () => new Error('one').stack
      function caller() { return inner() }
      console.log(caller().includes('at caller'))`,
    node: 'true',
    bun: 'false',
  },
  endsOfStreams: {
    reason: 'has a response read by Readable.fromWeb, after which nothing says in Bun that its stream has ended',
    program: `
      import { createServer } from 'node:http'
      import { Readable, finished } from 'node:stream'
      const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1', async () => {
        const { body } = await fetch('http://127.0.0.1:' + server.address().port)
        let hasEnded = false
        finished(body, () => (hasEnded = true))
        for await (const _chunk of Readable.fromWeb(body));
        setTimeout(() => { console.log(hasEnded); process.exit() }, 100)
      })`,
    node: 'true',
    bun: 'false',
  },
  sourceMaps: {
    reason: 'has the stacks of errors translated by source maps, with --enable-source-maps',
    program: `
      import { spawnSync } from 'node:child_process'
      import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
      import { tmpdir } from 'node:os'
      import { join } from 'node:path'
      const folder = mkdtempSync(join(tmpdir(), 'source-map-'))
      const map = { version: 3, sources: ['origin.js'], names: [], mappings: 'AASA' }
      const url = 'data:application/json;base64,' + Buffer.from(JSON.stringify(map)).toString('base64')
      writeFileSync(join(folder, 'made.mjs'), 'console.log(new Error().stack)\\n//# sourceMappingURL=' + url)
      const args = ['--enable-source-maps', join(folder, 'made.mjs')]
      console.log(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.includes('origin.js:10'))
      rmSync(folder, { recursive: true })`,
    node: 'true',
    bun: 'false',
  },
  latin1: {
    reason: 'sends a header in Latin-1 with a body that is not',
    program: `
      import { createServer } from 'node:http'
      import { connect } from 'node:net'
      const server = createServer((_, response) => response.setHeader('x', 'caf\\xe9').end('h\\u00e9')).listen(0, '127.0.0.1', () => {
        const socket = connect(server.address().port, '127.0.0.1').setEncoding('latin1')
        socket.write('GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n')
        let text = ''
        socket.on('data', (more) => (text += more)).on('end', () => { console.log(text.includes('caf\\xe9')); process.exit() })
      })`,
    node: 'false',
    bun: 'true',
  },
  inspectorAtOnce: {
    reason:
      'asks the inspector of V8 for the name or the place of an async function or a generator: Deno answers later',
    program: `
      import { Session } from 'node:inspector'
      const session = new Session()
      session.connect()
      let answered = false
      session.post('Runtime.evaluate', { expression: '1' }, () => (answered = true))
      console.log(answered)
      process.exit()`,
    node: 'true',
    deno: 'false',
  },
  clonedBodies: {
    reason: 'reads a response bit by bit while a clone of it is read as a whole: Deno gives it nothing until the end',
    program: `
      import { createServer } from 'node:http'
      const ends = (text) => { console.log(text); process.exit() }
      const server = createServer((_, response) => void response.write('first')).listen(0, '127.0.0.1', async () => {
        const response = await fetch('http://127.0.0.1:' + server.address().port)
        void response.clone().text()
        setTimeout(() => ends('nothing'), 1000)
        ends(String((await response.body.getReader().read()).value.length))
      })`,
    node: '5',
    deno: 'nothing',
  },
  cutForms: {
    reason: 'reads a form that is cut off: Deno takes it for an empty one',
    program: `
      const headers = { 'content-type': 'multipart/form-data; boundary=x' }
      const request = new Request('http://a/', { method: 'POST', body: '--x\\r\\nnonsense', headers })
      request.formData().then(() => console.log('taken'), () => console.log('refused'))`,
    node: 'refused',
    deno: 'taken',
  },
  longPipelines: {
    reason: 'sends requests by the thousand without waiting for responses: Deno forgets to go on reading',
    program: `
      import { createServer } from 'node:http'
      import { connect } from 'node:net'
      const ends = (text) => { console.log(text); process.exit() }
      let release
      const gate = new Promise((resolve) => (release = resolve))
      let begun = 0
      const server = createServer(async ({ url }, response) => {
        if (++begun === 1) setTimeout(release, 500)
        if (begun <= 16) await gate
        response.end('<' + url + '>')
        if (url === '/last') ends('all')
      }).listen(0, '127.0.0.1', () => {
        const socket = connect(server.address().port, '127.0.0.1').resume()
        socket.write('GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n'.repeat(5000) + 'GET /last HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')
        setTimeout(() => ends('not all'), 5000)
      })`,
    node: 'all',
    deno: 'not all',
  },
  endedClients: {
    reason: 'asks, and ends its side at once: Deno sends such a client only what is answered at once',
    program: `
      import { createServer } from 'node:http'
      import { connect } from 'node:net'
      const server = createServer((_, response) => setImmediate(() => response.end('answer'))).listen(0, '127.0.0.1', () => {
        const socket = connect(server.address().port, '127.0.0.1')
        let text = ''
        socket.on('data', (data) => (text += data)).on('end', () => { console.log(text.includes('answer')); process.exit() })
        socket.end('GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n')
      })`,
    node: 'true',
    deno: 'false',
  },
  halfClosed: {
    reason: 'sends to somebody who has ended his own side: Deno breaks a write off that is under way',
    program: `
      import { connect, createServer } from 'node:net'
      const ends = (text) => { console.log(text); process.exit() }
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (far) => {
        setTimeout(() => far.end(), 100)
        setTimeout(() => far.resume(), 500)
      })
      server.listen(0, '127.0.0.1', () => {
        const near = connect({ port: server.address().port, host: '127.0.0.1', allowHalfOpen: true }).resume()
        near.on('error', () => undefined)
        near.write(Buffer.alloc(16 << 20), (error) => ends(error?.code ?? 'sent'))
      })`,
    node: 'sent',
    deno: 'EPIPE',
  },
  endedThreads: {
    reason: 'counts what a thread leaves that was ended while it ran',
    program: `
      import { readdirSync } from 'node:fs'
      import { Worker } from 'node:worker_threads'
      const count = () => readdirSync('/proc/self/fd').length
      const begin = async () => {
        const worker = new Worker('for (;;);', { eval: true })
        await new Promise((resolve) => worker.once('online', resolve))
        await worker.terminate()
        await new Promise((resolve) => setTimeout(resolve, 300))
        return count()
      }
      const first = await begin()
      console.log((await begin()) > first)
      process.exit()`,
    node: 'false',
    deno: 'true',
  },
  reverseNames: {
    reason: 'asks a name server of its own for the name of an address: Deno asks the system',
    program: `
      import { createSocket } from 'node:dgram'
      import dns from 'node:dns'
      const ends = (text) => { console.log(text); process.exit() }
      const server = createSocket('udp4').on('message', () => ends('asked')).bind(0, '127.0.0.1', () => {
        dns.setServers(['127.0.0.1:' + server.address().port])
        dns.reverse('127.0.0.9', () => ends('not asked'))
      })`,
    node: 'asked',
    deno: 'not asked',
  },
  lookupsUnderWay: {
    reason: 'counts the look-ups of names that are under way',
    program: `
      import dns from 'node:dns'
      dns.lookup('localhost', () => undefined)
      console.log(process.getActiveResourcesInfo().some((name) => name.startsWith('GetAddrInfo')))`,
    node: 'true',
    deno: 'false',
  },
  timingsOfFetch: {
    reason: 'reads what performance says of a request',
    program: `
      import { createServer } from 'node:http'
      const ends = (text) => { console.log(text); process.exit() }
      const server = createServer((_, response) => response.end('x')).listen(0, '127.0.0.1', async () => {
        new PerformanceObserver(() => ends('seen')).observe({ type: 'resource' })
        await (await fetch('http://127.0.0.1:' + server.address().port)).text()
        setTimeout(() => ends('not seen'), 1000)
      })`,
    node: 'seen',
    deno: 'not seen',
    bun: 'not seen',
  },
  awaitInREPL: {
    reason: 'awaits in a REPL',
    program: `
      import repl from 'node:repl'
      import { PassThrough } from 'node:stream'
      const ends = (text) => { console.log(text); process.exit() }
      const [input, output] = [new PassThrough(), new PassThrough()]
      let text = ''
      output.on('data', (data) => {
        text += data
        if (text.includes('42') || text.includes('SyntaxError')) ends(text.includes('42'))
      })
      repl.start({ input, output, terminal: false })
      input.write('await Promise.resolve(6 * 7)\\n')`,
    node: 'true',
    deno: 'false',
  },
  withoutDescriptors: {
    reason: 'lets connections come for which no descriptors are left, of which Deno itself ends',
    program: `
      import { spawn } from 'node:child_process'
      import { connect } from 'node:net'
      const [, file, isServer] = process.argv
      if (isServer === undefined) {
        const command = 'ulimit -n 100 && exec "$0" "$@"'
        const server = spawn('sh', ['-c', command, process.execPath, file, 'server'], { stdio: ['ignore', 'pipe', 'ignore'] })
        const ends = (text) => { server.kill('SIGKILL'); console.log(text); process.exit() }
        server.on('exit', () => ends('ends'))
        server.stdout.once('data', (data) => {
          for (let count = 0; count < 150; count++) connect(Number(data), '127.0.0.1').on('error', () => undefined)
          setTimeout(() => ends('goes on'), 2000)
        })
      } else {
        const { createServer } = await import('node:net')
        const held = [setInterval(() => undefined, 1000)]
        const server = createServer((socket) => held.push(socket.on('error', () => undefined))).on('error', () => undefined)
        server.listen(0, '127.0.0.1', () => console.log(server.address().port))
      }`,
    node: 'goes on',
    deno: 'ends',
  },
  endOfServers: {
    reason: 'expects a server without connections to be closed at once: Deno says so some turns later',
    program: `
      import { createServer } from 'node:net'
      const server = createServer().listen(0, '127.0.0.1', () => {
        server.close(() => { console.log('closed'); process.exit() })
        setImmediate(() => { console.log('later'); process.exit() })
      })`,
    node: 'closed',
    deno: 'later',
  },
}
