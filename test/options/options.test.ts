import assert from 'node:assert/strict'
import { Socket as NodeSocket } from 'node:net'
import { test } from 'node:test'
import {
  AsyncResult,
  BackdoorServer,
  Barrier,
  BoundedSemaphore,
  Broadcast,
  CircuitBreaker,
  RateLimiter,
  Watch,
  memoize,
  retry,
  throttle,
  Channel,
  Cluster,
  Condition,
  DatagramServer,
  DatagramSocket,
  Connections,
  Event,
  Greenlet,
  GreenletLocal,
  Group,
  HTTPServer,
  LifoQueue,
  Lock,
  Operation,
  Pool,
  PriorityQueue,
  Queue,
  RLock,
  Semaphore,
  Socket,
  StreamServer,
  ThreadPool,
  fromModule,
  WSGIServer,
  WaitGroup,
  all,
  allSettled,
  any,
  assertSwitches,
  commonLog,
  connect,
  fetch,
  greenify,
  fromCallback,
  gzip,
  idle,
  iwait,
  joinAll,
  jsonLog,
  killAll,
  listen,
  lookup,
  lookupService,
  makeServer,
  printRunInfo,
  race,
  resolve,
  resolve4,
  resolve6,
  resolveAny,
  resolveCaa,
  resolveCname,
  resolveMx,
  resolveNaptr,
  resolveNs,
  resolvePtr,
  resolveSoa,
  resolveSrv,
  resolveTxt,
  reverse,
  run,
  scope,
  select,
  serve,
  sleep,
  spawn,
  staticFiles,
  subprocess,
  supervise,
  suspend,
  until,
  wait,
  waitSignal,
  watchBlocking,
  watchMemory,
  withTimeout,
  type GreenRequest,
  type GreenResponse,
  type InputStream,
  type Listener,
  type Wait,
} from 'gvent'
import {
  bullProcessor,
  consume,
  consumeModule,
  RemoteLock,
  RemotePool,
  RemoteRateLimiter,
  RemoteSemaphore,
  memoryJobs,
  memoryStore,
  natsJobs,
  postgresJobs,
  postgresStore,
  rabbitmqJobs,
  redisJobs,
  sqliteJobs,
} from 'gvent/jobs'
import { serveConsole, trace } from 'gvent/console'
import { createTransformer } from 'gvent/async/jest'
import { esbuild, rollup, vite, webpack } from 'gvent/async/plugin'
import { killOnDisconnect } from 'gvent/async/runtime'
import { patchAll } from 'gvent/monkey'
import { cancelEverywhere, explore, simulate } from 'gvent/testing'
import { callsWithOptions } from './calls-with-options.js'

/** Options as a program in plain JavaScript may write them. */
type Given = never

const nothing = (): undefined => undefined
const socket = Socket.from(new NodeSocket())
const udp = new DatagramSocket()
const group = new Group()
const pool = new Pool(1)
const threads = new ThreadPool(1)
const remote = new RemotePool(memoryJobs())
const exported = fromModule<() => undefined>(new URL('file:///jobs.js'), 'nothing')
const queue = new Queue<number>()
const cluster = new Cluster(0, nothing)
const servers = { host: '127.0.0.1', port: 0 }

/** What only a server and its client have. */
interface Scene {
  request: GreenRequest
  response: GreenResponse
  listener: Listener
  input: InputStream
}

class Mine extends Operation<void> {
  beginWait(one: Wait<void>): void {
    one.resolve()
  }

  cancelWait(): void {
    // It never waits.
  }
}

/** Every public call that takes options, given those. */
const calls: Record<string, (options: Given, scene: Scene) => unknown> = {
  'new AsyncResult': (options) => new AsyncResult(options),
  'AsyncResult.get': (options) => new AsyncResult().get(options),
  'AsyncResult.wait': (options) => new AsyncResult().wait(options),
  'new Barrier': (options) => new Barrier(2, options),
  'Barrier.wait': (options) => new Barrier(2).wait(options),
  'BaseServer.stop': (options) => new StreamServer(servers, nothing).stop(options),
  'new BoundedSemaphore': (options) => new BoundedSemaphore(1, options),
  'BoundedSemaphore.acquire': (options) => new BoundedSemaphore(1).acquire(options),
  'BoundedSemaphore.wait': (options) => new BoundedSemaphore(1).wait(options),
  'new Channel': (options) => new Channel(options),
  'Broadcast.put': (options) => new Broadcast(1).put(1, options),
  'new Broadcast': (options) => new Broadcast(1, options),
  'new CircuitBreaker': (options) => new CircuitBreaker(options),
  'new RateLimiter': (options) => new RateLimiter(Object.assign({ limit: 1 }, options)),
  'RateLimiter.acquire': (options) => new RateLimiter({ limit: 1 }).acquire(1, options),
  'Subscription.get': (options) => new Broadcast(1).subscribe().get(options),
  'new Watch': (options) => new Watch(1, options),
  'Watch.changed': (options) => new Watch(1).changed(options),
  'Watcher.changed': (options) => new Watch(1).subscribe().changed(options),
  esbuild: (options) => esbuild(options),
  killOnDisconnect: (options) => killOnDisconnect(options),
  rollup: (options) => rollup(options),
  vite: (options) => vite(options),
  webpack: (options) => webpack(options),
  createTransformer: (options) => createTransformer(options),
  memoize: (options) => memoize(nothing, options),
  'Jobs.add': (options) => memoryJobs().add(1, options),
  'RemoteRateLimiter.acquire': (options) => new RemoteRateLimiter(memoryStore(), 'a', { limit: 1 }).acquire(1, options),
  'RemoteSemaphore.acquire': (options) => new RemoteSemaphore(memoryStore(), 'a', 1).acquire(options),
  'Trace.start': (options) => trace.start(options),
  assertSwitches: (options) => assertSwitches(nothing, options),
  'new BackdoorServer': (options) =>
    new BackdoorServer(Object.assign({ port: 0, token: 'a-token-that-is-long' }, options)),
  'new RemoteLock': (options) => new RemoteLock(memoryStore(), 'a', options),
  'new RemotePool': (options) => new RemotePool(memoryJobs(), options),
  'new RemoteRateLimiter': (options) => new RemoteRateLimiter(memoryStore(), 'a', Object.assign({ limit: 1 }, options)),
  'new RemoteSemaphore': (options) => new RemoteSemaphore(memoryStore(), 'a', 1, options),
  postgresStore: (options) => postgresStore(engine, options),
  printRunInfo: (options) => printRunInfo(Object.assign({ output: { write: nothing } }, options)),
  serveConsole: (options) => serveConsole(options),
  watchMemory: (options) => watchMemory(Object.assign({ maxMemoryUsage: 1e12 }, options)),
  consume: (options) => consume(memoryJobs().source, nothing, options),
  consumeModule: (options) => consumeModule(memoryJobs(), { nothing }, options),
  memoryJobs,
  sqliteJobs: (options) => sqliteJobs(':memory:', options),
  postgresJobs: (options) => postgresJobs(engine, options),
  redisJobs: (options) => redisJobs(engine, options),
  bullProcessor: (options) => bullProcessor(nothing, options),
  natsJobs: (options) => natsJobs(engine, options),
  rabbitmqJobs: (options) => rabbitmqJobs(nothing as never, options),
  retry: (options) => retry(nothing, options),
  throttle: (options) => throttle(nothing, Object.assign({ limit: 1 }, options)),
  'new Cluster': (options) => new Cluster(options, nothing),
  'Cluster.stop': (options) => cluster.stop(options),
  'new Condition': (options) => new Condition(undefined, options),
  'Condition.acquire': (options) => new Condition().acquire(options),
  'Condition.wait': (options) => new Condition().wait(options),
  'Condition.waitFor': (options) => new Condition().waitFor(() => true, options),
  'new DatagramServer': (options) => new DatagramServer(options, nothing),
  'DatagramServer.sendTo': (options) => {
    const server = new DatagramServer(servers, nothing)
    Object.assign(server, { inbox: { socket: udp } })
    return server.sendTo('x', '127.0.0.1:9', options)
  },
  'new DatagramSocket': (options) => new DatagramSocket(options),
  'DatagramSocket.bind': (options) => udp.bind(options),
  'DatagramSocket.connect': (options) => udp.connect('127.0.0.1:9', options),
  'DatagramSocket.recv': (options) => udp.recv(options),
  'DatagramSocket.recvFrom': (options) => udp.recvFrom(options),
  'DatagramSocket.send': (options) => udp.send('x', options),
  'DatagramSocket.sendTo': (options) => udp.sendTo('x', '127.0.0.1:9', options),
  'new Event': (options) => new Event(options),
  'Event.wait': (options) => new Event().wait(options),
  'GreenRequest.arrayBuffer': (options, { request }) => request.arrayBuffer(options),
  'GreenRequest.blob': (options, { request }) => request.blob(options),
  'GreenRequest.bytes': (options, { request }) => request.bytes(options),
  'GreenRequest.formData': (options, { request }) => request.formData(options),
  'GreenRequest.json': (options, { request }) => request.json(options),
  'GreenRequest.recv': (options, { request }) => request.recv(1, options),
  'GreenRequest.text': (options, { request }) => request.text(options),
  'GreenResponse.arrayBuffer': (options, { response }) => response.arrayBuffer(options),
  'GreenResponse.blob': (options, { response }) => response.blob(options),
  'GreenResponse.bytes': (options, { response }) => response.bytes(options),
  'GreenResponse.formData': (options, { response }) => response.formData(options),
  'GreenResponse.json': (options, { response }) => response.json(options),
  'GreenResponse.jsonLines': (options, { response }) => response.clone().jsonLines(options),
  'GreenResponse.lines': (options, { response }) => response.clone().lines(options),
  'GreenResponse.text': (options, { response }) => response.text(options),
  'Greenlet.get': (options) => new Greenlet(nothing).get(options),
  'Greenlet.join': (options) => new Greenlet(nothing).join(options),
  'Greenlet.kill': (options) => new Greenlet(nothing).kill(undefined, options),
  'new GreenletLocal': (options) => new GreenletLocal(options),
  greenify: (options) => greenify({}, options),
  'new Group': (options) => new Group(options),
  'Group.add': (options) => group.add(new Greenlet(nothing), options),
  'Group.apply': (options) => group.apply(options, nothing),
  'Group.applyAsync': (options) => group.applyAsync(options, nothing),
  'Group.imap': (options) => group.imap(nothing, [], options),
  'Group.imapUnordered': (options) => group.imapUnordered(nothing, [], options),
  'Group.join': (options) => group.join(options),
  'Group.kill': (options) => group.kill(undefined, options),
  'Group.map': (options) => group.map(nothing, [], options),
  'Group.spawn': (options) => group.spawn(options, nothing),
  'Group.start': (options) => group.start(new Greenlet(nothing), options),
  'Group.waitAvailable': (options) => group.waitAvailable(options),
  'new HTTPServer': (options) => new HTTPServer(options, () => new Response()),
  'InputStream.read': (options, { input }) => input.read(1, options),
  'InputStream.readline': (options, { input }) => input.readline(1, options),
  'InputStream.recv': (options, { input }) => input.recv(1, options),
  'new LifoQueue': (options) => new LifoQueue(1, options),
  'Listener.accept': (options, { listener }) => listener.accept(options),
  'new Lock': (options) => new Lock(options),
  'Lock.acquire': (options) => new Lock().acquire(options),
  'Lock.wait': (options) => new Lock().wait(options),
  'new Operation': (options) => new Mine(options),
  'new Connections': (options) => new Connections(options),
  'new Pool': (options) => new Pool(1, options),
  'Pool.apply': (options) => pool.apply(options, nothing),
  'Pool.applyAsync': (options) => pool.applyAsync(options, nothing),
  'Pool.imap': (options) => pool.imap(nothing, [], options),
  'Pool.imapUnordered': (options) => pool.imapUnordered(nothing, [], options),
  'Pool.map': (options) => pool.map(nothing, [], options),
  'new Popen': (options) => new subprocess.Popen(['true'], options),
  'Popen.communicate': (options) => withProcess((process) => process.communicate(options)),
  'Popen.kill': (options) => withProcess((process) => process.kill('SIGTERM', options)),
  'Popen.terminate': (options) => withProcess((process) => process.terminate(options)),
  'Popen.wait': (options) => withProcess((process) => process.wait(options)),
  'new PriorityQueue': (options) => new PriorityQueue(1, options),
  'new Queue': (options) => new Queue(1, options),
  'Queue.get': (options) => queue.get(options),
  'Queue.join': (options) => queue.join(options),
  'Queue.peek': (options) => queue.peek(options),
  'Queue.put': (options) => queue.put(1, options),
  'RLock.acquire': (options) => new RLock().acquire(options),
  'RLock.wait': (options) => new RLock().wait(options),
  'Scope.kill': (options) => {
    let raised: unknown
    const scoping = scope((children) => {
      try {
        children.kill(undefined, options)
      } catch (error) {
        raised = error
      }
    })
    return scoping.then(() => {
      throw raised
    })
  },
  'new Semaphore': (options) => new Semaphore(1, options),
  'Semaphore.acquire': (options) => new Semaphore().acquire(options),
  'Semaphore.wait': (options) => new Semaphore().wait(options),
  'Socket.close': (options) => socket.close(options),
  'Socket.readLine': (options) => socket.readLine(options),
  'Socket.recv': (options) => socket.recv(1, options),
  'Socket.recvExactly': (options) => socket.recvExactly(1, options),
  'Socket.recvUntil': (options) => socket.recvUntil('\n', options),
  'Socket.reset': (options) => socket.reset(options),
  'Socket.sendAll': (options) => socket.sendAll('x', options),
  'Socket.shutdown': (options) => socket.shutdown(options),
  'Socket.startTLS': (options) => socket.startTLS(options),
  'new StreamServer': (options) => new StreamServer(options, nothing),
  'new ThreadPool': (options) => new ThreadPool(1, options),
  'Jobs.result': (options) => memoryJobs().result('a', options),
  'RemotePool.apply': (options) => remote.apply(options, exported),
  'RemotePool.applyAsync': (options) => remote.applyAsync(options, exported),
  'RemotePool.spawn': (options) => remote.spawn(options, exported),
  'ThreadPool.apply': (options) => threads.apply(options, nothing),
  'ThreadPool.applyAsync': (options) => threads.applyAsync(options, nothing),
  'ThreadPool.spawn': (options) => threads.spawn(options, nothing),
  'new WSGIServer': (options) => new WSGIServer(options, () => []),
  'new WaitGroup': (options) => new WaitGroup(options),
  'WaitGroup.wait': (options) => new WaitGroup().wait(options),
  all: (options) => all([], options),
  allSettled: (options) => allSettled([], options),
  any: (options) => any([], options),
  call: (options) => subprocess.call(['true'], options),
  cancelEverywhere: (options) => cancelEverywhere(nothing, options),
  checkCall: (options) => subprocess.checkCall(['true'], options),
  checkOutput: (options) => subprocess.checkOutput(['true'], options),
  commonLog: (options) => commonLog(options),
  connect: (options) => connect(Object.assign({ port: 9 }, options)),
  explore: (options) => explore(nothing, options),
  fetch: (options) => fetch('http://127.0.0.1:9/', options),
  fromCallback: (options) => fromCallback(nothing, options),
  gzip: (options) => gzip(options),
  idle: (options) => idle(options),
  iwait: (options) => iwait([], options),
  joinAll: (options) => joinAll([], options),
  jsonLog: (options) => jsonLog(options),
  killAll: (options) => killAll([], undefined, options),
  listen: (options) => listen(options),
  lookup: (options) => lookup('localhost', options),
  lookupService: (options) => lookupService('127.0.0.1', 80, options),
  makeServer: (options) => makeServer('', 0, () => [], options),
  patchAll: (options) => patchAll(options),
  race: (options) => race([idle()], options),
  resolve: (options) => resolve('localhost', 'A', options),
  resolve4: (options) => resolve4('localhost', options),
  resolve6: (options) => resolve6('localhost', options),
  resolveAny: (options) => resolveAny('localhost', options),
  resolveCaa: (options) => resolveCaa('localhost', options),
  resolveCname: (options) => resolveCname('localhost', options),
  resolveMx: (options) => resolveMx('localhost', options),
  resolveNaptr: (options) => resolveNaptr('localhost', options),
  resolveNs: (options) => resolveNs('localhost', options),
  resolvePtr: (options) => resolvePtr('localhost', options),
  resolveSoa: (options) => resolveSoa('localhost', options),
  resolveSrv: (options) => resolveSrv('localhost', options),
  resolveTxt: (options) => resolveTxt('localhost', options),
  reverse: (options) => reverse('127.0.0.1', options),
  run: (options) => subprocess.run(['true'], options),
  scope: (options) => scope(nothing, options),
  select: (options) => select({ idle: idle() }, options),
  serve: (options) => serve(options, nothing),
  simulate: (options) => simulate(options, nothing),
  sleep: (options) => sleep(0, options),
  staticFiles: (options) => staticFiles('.', options),
  supervise: (options) => supervise([], options),
  suspend: (options) => suspend(nothing, options),
  until: (options) => until(Promise.resolve(), options),
  wait: (options) => wait([], options),
  waitSignal: (options) => waitSignal('SIGUSR2', options),
  watchBlocking: (options) => watchBlocking(options),
  withTimeout: (options) => withTimeout(1, nothing, options),
}

/** Those that hand options on to the platform or, from a subclass, to whoever wrote that: only near misses are errors. */
const handOn = ['connect', 'fetch', 'lookup', 'Socket.startTLS', 'new DatagramSocket', 'new Operation']

/** Those in which an option is one that nearly all others have not. */
const near: Record<string, string> = {
  killOnDisconnect: 'deadlin',
  greenify: 'singal',
  esbuild: 'package',
  rollup: 'package',
  vite: 'package',
  'new Connections': 'proxi',
  webpack: 'package',
  createTransformer: 'package',
  applyAsync: 'calback',
  imap: 'maxSizes',
  imapUnordered: 'maxsize',
  lines: 'limt',
  jsonLines: 'limt',
  withTimeout: 'vaule',
  memoize: 'maxsize',
  'Jobs.add': 'dealy',
  consume: 'garce',
  consumeModule: 'garce',
  'new BackdoorServer': 'prot',
  'new RemoteLock': 'laese',
  'new RemotePool': 'garce',
  'new RemoteRateLimiter': 'brust',
  'new RemoteSemaphore': 'laese',
  'Trace.start': 'outptu',
  assertSwitches: 'maxBlockingTme',
  postgresStore: 'tabel',
  printRunInfo: 'outptu',
  serveConsole: 'prot',
  watchMemory: 'maxMemoryUsge',
  memoryJobs: 'laese',
  sqliteJobs: 'laese',
  postgresJobs: 'tabel',
  redisJobs: 'limt',
  bullProcessor: 'garce',
  natsJobs: 'limt',
  rabbitmqJobs: 'limt',
  throttle: 'brust',
  'new RateLimiter': 'brust',
  'new Cluster': 'worker',
  serve: 'worker',
  'new DatagramSocket': 'memry',
  'new HTTPServer': 'maxBodysize',
  'new WSGIServer': 'enviro',
  'new StreamServer': 'prot',
  'new DatagramServer': 'prot',
  'new Popen': 'stdn',
  cancelEverywhere: 'maxStep',
  explore: 'shedules',
  simulate: 'autoJump',
  commonLog: 'combind',
  jsonLog: 'wirte',
  gzip: 'levl',
  patchAll: 'promises',
  staticFiles: 'maxage',
  watchBlocking: 'millisecond',
}

// Nothing is asked of it before the options are looked at.
const engine = { connect: nothing, duplicate: nothing, subscribe: nothing } as never

function withProcess(use: (process: subprocess.Popen) => unknown): unknown {
  const process = new subprocess.Popen(['true'], { stdin: 'ignore' })
  try {
    return use(process)
  } finally {
    process.close().catch(nothing)
  }
}

async function raisedBy(work: () => unknown): Promise<Error | undefined> {
  try {
    const made = work()
    // What is done at once by a function of promises fails that way.
    if (made instanceof Promise) await made
    return undefined
  } catch (error) {
    return error as Error
  }
}

/** Runs `body` where there are a request, a response, a listener and the input of a WSGI application. */
async function inScene(body: (scene: Scene) => Promise<void>): Promise<void> {
  await run(function* () {
    let input: InputStream | undefined
    const application = new WSGIServer(servers, (environ, startResponse) => {
      input = environ['wsgi.input']
      startResponse('200 OK', [])
      return ['[]']
    })
    let scene: Scene | undefined
    const listener = yield* listen({ ...servers })
    const server = new HTTPServer(servers, function* (request) {
      const response = yield* fetch(`http://127.0.0.1:${portOf(application)}/`)
      scene = { request, response, listener, input: input! }
      yield* done.wait()
      return new Response('')
    })
    const done = new Event()
    yield* application.start()
    yield* server.start()
    const asking = spawn(() => fetch(`http://127.0.0.1:${portOf(server)}/`, { method: 'POST', body: 'x' }))
    try {
      while (scene === undefined) yield* idle()
      yield* until(body(scene))
    } finally {
      done.set()
      ;(yield* asking)[Symbol.dispose]()
      scene?.response[Symbol.dispose]()
      listener.close()
      yield* server.stop({ timeout: 0 })
      yield* application.stop({ timeout: 0 })
    }
  })
}

function portOf(server: HTTPServer | WSGIServer): number {
  return (server.address() as { port: number }).port
}

function firstLineOf(error: Error): string {
  return error.stack!.split('\n').find((line) => /^\s+at /.test(line)) ?? ''
}

const nameOf = (call: string): string => (call.startsWith('new ') ? call : call.slice(call.indexOf('.') + 1))

test('the table has every public call that takes options', async () => {
  const listed = await callsWithOptions()
  assert.ok(listed.length > 100)
  assert.deepEqual(
    // What it takes is tried with its subclasses.
    listed.filter((call) => !(call in calls) && !/^new (Base|Connection)Server$/.test(call)),
    [],
  )
})

test('an option that no call has is refused by all calls, at the line of the program, under the name of the call', async () => {
  await inScene(async (scene) => {
    const wrong: string[] = []
    for (const [call, make] of Object.entries(calls)) {
      const error = await raisedBy(() => make({ nonsense: 1 } as never, scene))
      if (handOn.includes(call)) {
        if ((error as { code?: string } | undefined)?.code === 'GVENT_UNKNOWN_OPTION')
          wrong.push(`${call}: ${String(error)}`)
        continue
      }
      const name = nameOf(call)
      const says = error?.message ?? ''
      const isNamed =
        says.startsWith(`${call}:`) ||
        says.slice(0, says.indexOf(':')).endsWith(`.${name}`) ||
        says.startsWith(`${name}:`)
      if (!isNamed || !says.includes('there is no option `nonsense`')) wrong.push(`${call}: ${String(error)}`)
      else if (!firstLineOf(error!).includes('options.test')) wrong.push(`${call}: ${firstLineOf(error!)}`)
    }
    assert.deepEqual(wrong, [])
  })
})

test('a near miss is refused by all calls, with the option that was meant', async () => {
  await inScene(async (scene) => {
    const wrong: string[] = []
    for (const [call, make] of Object.entries(calls)) {
      const isNamed = /^new (?!Cluster|Operation|.*(Server|Socket|Popen|ThreadPool))/.test(call)
      const option = near[call] ?? near[nameOf(call)] ?? (isNamed || call === 'new ThreadPool' ? 'nmae' : 'timout')
      const error = await raisedBy(() => make({ [option]: 1 } as never, scene))
      if (!/Did you mean `\w+`\?/.test(error?.message ?? '')) wrong.push(`${call} { ${option} }: ${String(error)}`)
    }
    assert.deepEqual(wrong, [])
  })
})

test('what is undefined, inherited, or belongs to an instance of a class is no fault', async () => {
  class Settings {
    nonsense = 1
    readonly milliseconds = 1000

    get timeout(): number {
      return this.milliseconds
    }
  }
  const inherited: unknown = Object.create({ nonsense: 1, timeout: 1000 })
  await inScene(async (scene) => {
    const wrong: string[] = []
    for (const call of ['Event.wait', 'Queue.get', 'sleep', 'joinAll', 'Socket.recv', 'fetch', 'connect', 'listen']) {
      for (const options of [{ timout: undefined }, new Settings(), inherited]) {
        const error = await raisedBy(() => calls[call]!(options as never, scene))
        if (error !== undefined) wrong.push(`${call}: ${String(error)}`)
      }
    }
    assert.deepEqual(wrong, [])
  })
})

test('options of the platform are handed on, near as they may be to others', async () => {
  const given: [string, object][] = [
    ['connect', { hints: 0, localPort: 0, blockList: undefined, highWaterMark: 1024 }],
    ['fetch', { method: 'GET', redirect: 'manual', keepalive: true, priority: 'low' }],
    ['lookup', { family: 4, hints: 0, all: true }],
    ['Socket.startTLS', { ca: [], sigalgs: '', ALPNProtocols: ['h2'], servername: 'localhost' }],
    ['new DatagramSocket', { type: 'udp4', reuseAddr: true, recvBufferSize: 1000 }],
    ['new Popen', { windowsVerbatimArguments: false }],
  ]
  await inScene(async (scene) => {
    for (const [call, options] of given) {
      const error = await raisedBy(() => calls[call]!(options as never, scene))
      assert.equal((error as { code?: string } | undefined)?.code, undefined, `${call}: ${String(error)}`)
    }
  })
})

test('a subclass of a program may hand options of its own on, but no near misses', () => {
  class Jobs extends Pool {
    constructor(options: object) {
      super(10, options)
    }
  }
  class Chat extends StreamServer {
    constructor(options: object) {
      super(options, nothing)
    }
  }
  assert.equal(new Jobs({ name: 'jobs', motd: 'hi' }).name, 'jobs')
  assert.throws(() => new Jobs({ nmae: 'jobs' }), { message: /new Pool: .*Did you mean `name`/ })
  assert.ok(new Chat({ ...servers, motd: 'hi' }))
  assert.throws(() => new Chat({ prot: 0 }), { message: /Did you mean `port`/ })
})

test('sleep(undefined) is refused, as every other limit that is none', () => {
  for (const given of [undefined, null, '1s', NaN]) {
    assert.throws(() => sleep(given as never), { code: 'GVENT_BAD_ARGUMENT', message: /^sleep\(milliseconds\)/ })
  }
  assert.ok(sleep())
  spawn(nothing)
})
