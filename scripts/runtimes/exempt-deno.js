/** Tests that Deno cannot pass, by file or folder and name, each with the reason; `*` are all of a file or folder, which are not run. */
import { facts, unknown } from './facts.js'

const {
  coverage,
  endOfLoop,
  exitOfFailure,
  fullDisks,
  handledSignals,
  inspector,
  moduleHooks,
  namedImports,
  refusedDatagrams,
  startErrors,
  tlsErrors,
  tlsResets,
  tlsWrites,
  undici,
} = facts
const insides = 'looks at the insides of Node'
const memory = 'measures with process.memoryUsage, which counts what is not collected yet'
const names = 'looks for the names of async functions in stacks'
const profiler = 'counts calls with the profiler of V8'
const program = 'starts Node with options of its own'
const runners = 'runs the test runners of Node'

// The command, the package and the pages are for those who have Node.
const ofNode = 'is about the command, the package or the pages, which need Node'

export const exempt = {
  'test/command/': { '*': ofNode },
  'test/docs/': { '*': ofNode },
  'test/examples/': { '*': ofNode },
  'test/package/': { '*': ofNode },
  'test/async/hooks.test.ts': {
    'modules and scripts of every kind are lowered, and what they load': moduleHooks,
    'TypeScript is lowered, with the lines of the program': moduleHooks,
    'TypeScript that is more than types is compiled by the compiler of the project, as its tsconfig.json says':
      moduleHooks,
    'packages are lowered that package.json or a variable names, and no others': moduleHooks,
    'forked children and worker threads are lowered as their parent, in other folders too': moduleHooks,
    'a child that is a module is lowered in whatever folder it runs': moduleHooks,
    'without a parser one error says how to get one; a program without async functions needs none': moduleHooks,
    'a parser that is too old is named': moduleHooks,
    "a file that cannot be parsed gives the parser's error, with the place": moduleHooks,
    'a damaged or foreign cache changes nothing': moduleHooks,
    'with each parser the same program comes out': moduleHooks,
    'each parser says where a file cannot be parsed': moduleHooks,
    'a TypeScript that has no interface is named': moduleHooks,
    'it may be switched on twice': moduleHooks,
    'greenlets have the names of their functions': moduleHooks,
    'an async function is killed at its await, and its callers are in its stacks': moduleHooks,
    'scripts that somebody else compiles are lowered, whoever came first': moduleHooks,
  },
  'test/async/kill.test.ts': {
    'the error that those see who await a killed call names it, and has the kill for its cause': names,
    'a greenlet of a call has name, state, value and end, and is the same for each who asks': names,
    'a call that awaits in spite of a kill is ended by force after the grace': names,
    'a killed call is no unhandled rejection, nor is what was derived from it; everything else is': names,
  },
  'test/async/other-hooks.test.ts': {
    'with tsx, before it and after it': moduleHooks,
    'with ts-node, before it and after it': moduleHooks,
    'with a compiler of scripts that checks types, which sees what was written': moduleHooks,
    'with the hooks of instrumentations, before them and after them': moduleHooks,
  },
  'test/async/places.test.ts': {
    'c8 counts the lines that it counts natively': coverage,
    "Node's coverage has a source map that leads to the file itself": coverage,
    'a breakpoint stops the program in its line, with the values of the function': inspector,
  },
  'test/async/real-programs.test.ts': {
    'an application of NestJS answers and logs as natively, with its packages compiled, too': moduleHooks,
  },
  'test/async/reports.test.ts': {
    'a dump names each call, what it awaits, who awaits it, and the line': names,
    'a dump tells combinators and operations, and shows the calls of a greenlet below it': names,
    'what ended is not listed, and a dump changes nothing': names,
    'what a program reports of calls that never go on: stuck': moduleHooks,
    'what a program reports of calls that never go on: lost': moduleHooks,
    'what a program reports of calls that never go on: end': moduleHooks,
    'the stack of an error leads through all async callers, without the library': names,
    'the watchdog of blocked loops names the async function, and says where it hangs': inspector,
  },
  'test/async/requests/ends-on-signal.test.ts': {
    'node:http: SIGTERM kills the handlers that are left at the deadline, and ends the program': handledSignals,
    'node:http: after SIGTERM no connection is accepted, and a request ends in its time': handledSignals,
    'HTTPServer: SIGTERM kills the handlers that are left at the deadline, and ends the program': handledSignals,
    'HTTPServer: after SIGTERM no connection is accepted, and a request ends in its time': handledSignals,
    'Express in HTTPServer: SIGTERM kills the handlers that are left at the deadline, and ends the program':
      handledSignals,
    'Express in HTTPServer: after SIGTERM no connection is accepted, and a request ends in its time': handledSignals,
  },
  'test/async/requests/http-server.test.ts': {
    'a request that hangs is in the dump, with the place of its await': names,
  },
  'test/async/simulation.test.ts': {
    'an exploration finds the order in which the transfers lose money, names the await, and repeats it': names,
    'async functions that wait for what can never happen are a deadlock, and those that are left a leak': names,
    'a rejection that nobody handles ends the simulation with that error': names,
  },
  'test/console/page-browser.test.ts': {
    'the sentence on top names the jam, and the graph shows it bundled': inspector,
    'a click and the focus stay with what was chosen, though the page is drawn anew': inspector,
    'on a phone the graph is a list, and nothing is wider than the screen': inspector,
    'those that wait for one another in a circle are red': inspector,
    'a program that ends while somebody looks is said to have ended': inspector,
    'a hundred thousand greenlets do not freeze the page': inspector,
  },
  'test/console/page.test.ts': {
    'serveConsole serves the page, its data, and nothing without the token': inspector,
    'rows, the tree, one greenlet and a dump can be asked for': inspector,
    'a trace is recorded, and comes with gzip': inspector,
    'it answers while the main thread is blocked, and says where that hangs': inspector,
    'a program that is stuck is reported as ever, and one that is done ends': inspector,
    'over a Unix socket it is for this user alone, and the file goes when it stops': inspector,
    'options that cannot be meant are refused, a taken port is an error': inspector,
    'secrets are hidden on the page, and what a greenlet is called stays a text': inspector,
    'gvent console serves the page of a process that was not prepared, until that ends': inspector,
    'Ctrl-C ends gvent console, and leaves the process as it was': inspector,
  },
  'test/console/warnings.test.ts': {
    'one that is woken again and again without progress is a warning of gvent trace': inspector,
    'a fast consumer of a queue, and one that works between its waits, are none': inspector,
    'a queue is found into which somebody puts, though nobody waits for it': inspector,
    'a greenlet that was found lost is a warning': inspector,
  },
  'test/ecosystem/axios.test.ts': {
    'axios: a program with async/await does what it did': moduleHooks,
  },
  'test/ecosystem/express.test.ts': {
    'express: a program with async/await does what it did': moduleHooks,
  },
  'test/ecosystem/got.test.ts': {
    'got: a program with async/await does what it did': moduleHooks,
  },
  'test/ecosystem/ioredis.test.ts': {
    'ioredis: a program with async/await does what it did': moduleHooks,
  },
  'test/ecosystem/koa.test.ts': {
    'koa: a program with async/await does what it did': moduleHooks,
  },
  'test/ecosystem/nodemailer.test.ts': {
    'nodemailer: a program with async/await does what it did': moduleHooks,
  },
  'test/ecosystem/pg.test.ts': {
    'pg: a program with async/await does what it did': moduleHooks,
  },
  'test/ecosystem/undici.test.ts': {
    'undici: a program with async/await does what it did': moduleHooks,
  },
  'test/ecosystem/ws.test.ts': {
    'ws: a program with async/await does what it did': moduleHooks,
    'ws: a greenlet that is killed while it waits for a message leaves the connection usable': unknown,
  },
  'test/io/cluster/cluster.test.ts': {
    'a server in two processes': unknown,
    'several servers of other kinds; a reload that fails; the workers end with a primary that is killed': unknown,
    'a main that lasts is killed to stop it, and cleans up': unknown,
    'one that does not listen says that it is ready': unknown,
    'with no workers the process does the work itself': unknown,
    'a server in two processes > a reload under load loses no request, on connections of their own and on those kept open':
      unknown,
  },
  'test/io/diagnostics/hide-secrets.test.ts': {
    'requests are shown in dumps and in errors without what their query says': undici,
  },
  'test/io/faults.test.ts': {
    'TLS: `recv`; peer resets: ConnectionResetError': unknown,
    'TLS: `recvExactly`; peer resets: ConnectionResetError': unknown,
    'TLS: `recvUntil`; peer resets: ConnectionResetError': unknown,
    'TLS: `readLine`; peer resets: ConnectionResetError': unknown,
    '`connect`, connecting; kill: GreenletExit': unknown,
    '`connect`, connecting; timeout: Timeout': unknown,
    '`connect`, connecting; abort: its reason': unknown,
    '`connect`, connecting; a race that it loses leaves nothing': unknown,
  },
  'test/io/fetch/chunks.test.ts': {
    'a connection that breaks says so': unknown,
    'the reader of a clone is not disturbed when the loop over the other is left': unknown,
  },
  'test/io/fetch/fetch-direct.test.ts': {
    'the response is the same by both ways: a page': undici,
    'the response is the same by both ways: a page in chunks': undici,
    'the response is the same by both ways: a page that ends with its connection': undici,
    'the response is the same by both ways: an empty page': undici,
    'the response is the same by both ways: a redirect': undici,
    'the response is the same by both ways: no content': undici,
    'the response is the same by both ways: not modified': undici,
    'the response is the same by both ways: a failure': undici,
    'the response is the same by both ways: hints before': undici,
    'the response is the same by both ways: cookies': undici,
    'the response is the same by both ways: letters of Latin': undici,
    'the response is the same by both ways: half a page': undici,
    'the response is the same by both ways: gzip': undici,
    'the response is the same by both ways: gzip by its other name': undici,
    'the response is the same by both ways: deflate': undici,
    'the response is the same by both ways: deflate without a head': undici,
    'the response is the same by both ways: brotli': undici,
    'the response is the same by both ways: two codings': undici,
    'the response is the same by both ways: an unknown coding': undici,
    'the response is the same by both ways: what is not compressed': undici,
    'the response is the same by both ways: half of what was compressed': undici,
    'the response is the same by both ways: a body of nothing, compressed': undici,
    'the response is the same by both ways: no HTTP': undici,
    'the response is the same by both ways: a head that is cut off': undici,
    'a body that is cut off is the same error by both ways': undici,
    'HEAD has no body': undici,
    'the request is the same by both ways': undici,
    'a connection whose response was given up after any byte is not used again': undici,
    'a request that is killed before it has a connection is never sent': undici,
    'a signal stops a response, with its reason': undici,
    'a large body comes no faster than it is read': undici,
    'of a bomb no more is decompressed than is read': undici,
    'a body can be read bytes by bytes, and twice by a clone': undici,
  },
  'test/io/fetch/fetch-end.test.ts': {
    'the end of a response is seen by response.text() with {"maxRedirects":3}': undici,
    'the end of a response is seen by response.bytes() with {"maxRedirects":3}': undici,
    'the end of a response is seen by response.chunks() with {"maxRedirects":3}': undici,
    'the end of a response is seen by response.chunks(), left early with {"maxRedirects":3}': undici,
    'the end of a response is seen by response.lines() with {"maxRedirects":3}': undici,
    'the end of a response is seen by response[Symbol.dispose]() with {"maxRedirects":3}': undici,
    'the end of a response is seen by each(response.body) with {"maxRedirects":3}': undici,
    'the end of a response is seen by each(response.body), left early with {"maxRedirects":3}': undici,
    'the end of a response is seen by for await (… of response.body) with {"maxRedirects":3}': undici,
    'the end of a response is seen by response.body.pipeTo() with {"maxRedirects":3}': undici,
    'the end of a response is seen by response.body.pipeThrough() with {"maxRedirects":3}': undici,
    'the end of a response is seen by Readable.fromWeb(response.body) with {"maxRedirects":3}': undici,
    'the end of a response is seen by new Response(response.body) with {"maxRedirects":3}': undici,
    'the end of a response is seen by response.body.cancel() with {"maxRedirects":3}': undici,
    'the end of a response is seen by a reader to the end with {"maxRedirects":3}': undici,
    'the end of a response is seen by a reader, cancelled with {"maxRedirects":3}': undici,
    'the end of a response is seen by response.body.tee() with {"maxRedirects":3}': undici,
    'the end of a response is seen by response.clone(), both read with {"maxRedirects":3}': undici,
    'the end of a response is seen by response.clone(), both given up with {"maxRedirects":3}': undici,
  },
  'test/io/fetch/fetch-limits.test.ts': {
    'redirects are followed up to a limit': undici,
    'a loop of redirects ends at the limit of the platform': undici,
    'what a redirect makes of a request is what the platform makes of it': undici,
    'redirects that cannot be followed, and those that are not to be, are left to the caller': undici,
  },
  'test/io/fetch/fetch-redirects.test.ts': {
    'each redirect is followed with a limit as without, and as the platform follows it': undici,
    'so is that of each method': undici,
    'so is that of each body': undici,
    'so is that of each mode': undici,
    'a redirect too many is an error, and is not asked for': undici,
    'an answer that is no redirect is none, and nothing is refused for it': undici,
  },
  'test/io/fetch/fetch-retries.test.ts': {
    'a connection that is refused, or breaks before there is a response, is tried again': unknown,
  },
  'test/io/fetch/fetch-tls-connections.test.ts': {
    'connections trust the certificates that they are given, and no others': tlsErrors,
    'each request tells how it came to its connection, with the times of the parts': tlsErrors,
    'https goes through a tunnel of the proxy': tlsErrors,
  },
  'test/io/fetch/fetch.test.ts': {
    'a refused connection says where, why and with which code': unknown,
    'a connection that breaks in the middle of the body says so': unknown,
    'an address that is none raises what the platform raises': unknown,
  },
  'test/io/http/behind-nginx.test.ts': {
    'HTTPServer behind nginx over TCP': unknown,
    'HTTPServer behind nginx over a Unix socket': unknown,
    'WSGIServer behind nginx over TCP': unknown,
    'WSGIServer behind nginx over a Unix socket': unknown,
  },
  'test/io/http/connections.test.ts': {
    'Expect: 100-continue of a request: 100, kept open': unknown,
    'Expect: 100-continue of one in capitals: 100, kept open': unknown,
    'Expect: 100-continue of one without a body: no 100, closed': unknown,
    'a client of HTTP/1.0 that asks for it keeps its connection, whatever the response is made of': unknown,
  },
  'test/io/http/crowds.test.ts': {
    'clients that are slow with headers, bodies and reading hold up nobody, and are let go': unknown,
  },
  'test/io/http/failures.test.ts': {
    'a form that is none from a client is answered with 400 and counted, and nothing is reported': unknown,
    'under Express, each response and request of a connection emits its close': unknown,
    'a server whose log and reports meet a full disk goes on, and counts what was lost': fullDisks,
    'a server whose log and reports nobody reads any more goes on, and counts what was lost': fullDisks,
  },
  'test/io/http/http-server.test.ts': {
    'a body that was announced and never asked for ends the connection': unknown,
    'stop lets requests finish, closes idle connections at once, and leaves nothing': unknown,
    'stop waits for no connection that never asked, and answers a request that is on its way': unknown,
    'stop under load loses no request': unknown,
  },
  'test/io/http/pipelines.test.ts': {
    'of requests that are sent without waiting, over plain text, only a few are handled at a time': unknown,
    'of requests that are sent without waiting, over TLS, only a few are handled at a time': unknown,
    'a stop loses no request of clients that do not wait for responses': unknown,
  },
  'test/io/http/upgrades.test.ts': {
    'a connection is taken over when the responses before it have gone out': unknown,
    'after an upgrade that was declined the connection goes on, with an upgrade, too': unknown,
  },
  'test/io/killed-error.test.ts': {
    'a program that run ends on a signal prints nothing: the exit status is what main returns': handledSignals,
    'a program that run ends on a signal prints nothing: nobody awaits it': handledSignals,
    'a program that run ends on a signal prints nothing: others wait for the value of main': handledSignals,
  },
  'test/io/monkey/patch-dns.test.ts': {
    'a greenlet waits for what the functions of dns.promises give, by whatever name they were imported': namedImports,
    'what a greenlet gives up to ask is taken back': namedImports,
    'outside of greenlets it is a promise as ever, with the same errors': namedImports,
  },
  'test/io/monkey/patch-fetch.test.ts': {
    'a rejection that nobody handles is as unhandled as ever': unknown,
  },
  'test/io/monkey/patch-module.test.ts': {
    'a named import of a module of Node sees the patch, and its end': namedImports,
    'a module of Node can be given by its name': namedImports,
  },
  'test/io/monkey/patch-once.test.ts': {
    'a greenlet waits for an event with yield*, and an error is raised': namedImports,
    'a killed greenlet leaves no listener behind, and one elsewhere is left alone': namedImports,
    'signals and refusals are as ever': namedImports,
  },
  'test/io/monkey/patch-streams.test.ts': {
    'a killed greenlet destroys its pipeline, and leaves what it only watched': namedImports,
  },
  'test/io/monkey/patch-timers.test.ts': {
    'in a simulation they go by its clock': unknown,
  },
  'test/io/monkey/register.test.ts': {
    '--import patches before the first module of a program runs': moduleHooks,
    '--require does so too': moduleHooks,
    'what waits for the first greenlet is there when it is asked for, and then in the first greenlet': moduleHooks,
    'what was taken back before the first greenlet stays so': moduleHooks,
  },
  'test/io/monkey/ten-lines.test.ts': {
    'the program of ten lines gets all pages at the same time': unknown,
  },
  'test/io/net/connect.test.ts': {
    'TLS: a server that speaks something else is TLSError': tlsErrors,
    'startTLS goes on with TLS in the middle of a conversation': tlsErrors,
    'TLS: why a handshake fails is said in plain words, on both sides': tlsErrors,
    'startTLS as server: a client that speaks no TLS is TLSError': tlsErrors,
  },
  'test/io/net/datagram.test.ts': {
    'a connected socket sends to and hears only the other side': refusedDatagrams,
    'nobody at the other side of a connected socket is ConnectionRefusedError': refusedDatagrams,
    'what nobody receives waits up to a limit, and is dropped beyond': refusedDatagrams,
  },
  'test/io/net/descriptors.test.ts': {
    'a server without descriptors says so, goes on serving those it has, and recovers': startErrors,
  },
  'test/io/net/dns.test.ts': {
    'equal look-ups at the same time share one, and each gets a result of its own': unknown,
    'records come from the name server': unknown,
  },
  'test/io/net/listener.test.ts': {
    'a short backlog does not keep those outside who come in one moment': unknown,
  },
  'test/io/net/stream.test.ts': {
    'TLS: a writer waits while the other side does not read, and keeps little in memory': tlsWrites,
    'TLS: a writer that is killed while it waits for its turn sends nothing': tlsWrites,
    'TLS: a writer that is killed in the middle lets the next one have its turn': tlsWrites,
    'TLS: a reset by the other side ends a recv with ConnectionResetError': tlsResets,
    'TLS: a reset by the other side ends a recvExactly with ConnectionResetError': tlsResets,
    'TLS: a reset by the other side ends a recvUntil with ConnectionResetError': tlsResets,
    'TLS: a reset by the other side ends a readLine with ConnectionResetError': tlsResets,
    'TLS: a close by another greenlet ends those who send, and those who wait for their turn': tlsWrites,
    'TLS: a close ends a shutdown that waits for its turn': tlsWrites,
    'TLS: detach gives Node its socket back, with what was not taken': tlsWrites,
  },
  'test/io/node/facts.test.ts': {
    'undici, of a version that is known, sends through a global dispatcher, with handlers that can abort': insides,
    'an error of a dispatcher is the cause of the one of fetch': insides,
    'finished() sees the end of a stream of the web, whoever reads, cancels or breaks it': insides,
    'starting a process passes through ChildProcess.prototype.spawn, which gives the error of the system': insides,
  },
  'test/io/node/fake-timers.test.ts': {
    'timers from before ring by themselves, and the clock goes on: all is fake': insides,
  },
  'test/io/node/fast-response.test.ts': {
    'to the byte what node:http sends: a text': insides,
    'to the byte what node:http sends: a text that is not ASCII': insides,
    'to the byte what node:http sends: a header and a text': insides,
    'to the byte what node:http sends: a head and a text': insides,
    'to the byte what node:http sends: a head without a length and a text': insides,
    'to the byte what node:http sends: a text in another encoding': insides,
    'to the byte what node:http sends: bytes': insides,
    'to the byte what node:http sends: a text in parts': insides,
    'to the byte what node:http sends: nothing': insides,
    'to the byte what node:http sends: an empty text': insides,
    'to the byte what node:http sends: no content': insides,
    'to the byte what node:http sends: chunks for a text': insides,
    'to the byte what node:http sends: the end of the connection': insides,
    'a request that was answered has ended and is closed, for those who ask later, too': insides,
  },
  'test/io/node/misuse-places.test.ts': {
    'the stack of an error about yield of a number begins with the line of the program': insides,
    'the stack of an error about yield of a list begins with the line of the program': insides,
    'the stack of an error about yield of a function begins with the line of the program': insides,
    'the stack of an error about yield of a coroutine that was used begins with the line of the program': insides,
    'the stack of an error about a yield after waits begins with the line of the program': insides,
    'the stack of an error about a yield in a coroutine that is delegated to begins with the line of the program':
      insides,
    'the stack of an error about a yield in a coroutine that is called by another begins with the line of the program':
      insides,
    'the stack of an error about a yield in a method begins with the line of the program': insides,
    'the stack of an error about a yield whose error is caught on the way begins with the line of the program': insides,
    'the stack of an error about spawn(async function*) begins with the line of the program': insides,
    'the stack of an error about in a simulation begins with the line of the program': insides,
    'the stack of an error about a handler that gives a string begins with the line of the program': insides,
    'the stack of an error about a coroutine of a handler that gives nothing begins with the line of the program':
      insides,
    'the stack of an error about an arrow as a handler begins with the line of the program': insides,
    'the stack of an error about a handler for Node that gives a Response begins with the line of the program': insides,
    'the stack of an error about a handler for Node that ends without an answer begins with the line of the program':
      insides,
    'an error about a yield is raised at the yield, and can be caught there': insides,
  },
  'test/io/node/node-host.test.ts': {
    'whoever watches async resources learns that those of greenlets are gone': insides,
  },
  'test/io/node/unobserved.test.ts': {
    'a deadlock fails its test of node:test, is reported, and the tests after it run': runners,
    'an error that is lost in a test of node:test makes the run fail': runners,
  },
  'test/io/servers/departures.test.ts': {
    'StreamServer with TLS that it starts itself: a client that breaks off later on is counted, not reported': unknown,
    'an upgrade of HTTPServer with TLS that it starts itself: a client that breaks off later on is counted, not reported':
      unknown,
  },
  'test/io/servers/stream-server.test.ts': {
    'under load, no request that was made before fails when it is stopped': unknown,
    'a pool that fails to start a handler closes that connection, and the server goes on': unknown,
  },
  'test/io/signals/signals.test.ts': {
    'a program that waits for a signal stays alive, one that has a handler does not': unknown,
    'run leaves a signal to the program that looks after it itself, and takes it again afterwards': unknown,
  },
  'test/io/signals/trap-signals.test.ts': {
    'SIGINT kills the main greenlet; its cleanup runs and the exit status is 130': handledSignals,
    'SIGTERM kills the main greenlet; its cleanup runs and the exit status is 143': handledSignals,
    'when the main greenlet has ended after a signal, the others that are left clean up too': handledSignals,
    "an exit status of the program's own is kept after a signal": handledSignals,
    'a second signal ends the process at once': handledSignals,
    'one signal ends all that run at the same time': handledSignals,
  },
  'test/io/stuck-programs.test.ts': {
    'stuck: a greenlet that joins itself: every greenlet is listed with what it waits for, its stack and its origin':
      endOfLoop,
    'stuck: a cycle of locks: every greenlet is listed with what it waits for, its stack and its origin': endOfLoop,
    'stuck: an empty queue: every greenlet is listed with what it waits for, its stack and its origin': endOfLoop,
    'stuck: a barrier that is one short: every greenlet is listed with what it waits for, its stack and its origin':
      endOfLoop,
    'stuck: a full queue: every greenlet is listed with what it waits for, its stack and its origin': endOfLoop,
    'stuck: a set() that came before clear() and wait(): every greenlet is listed with what it waits for, its stack and its origin':
      endOfLoop,
    'stuck: a pool that waits for its own worker: every greenlet is listed with what it waits for, its stack and its origin':
      endOfLoop,
    'stuck: a child of a scope that never ends: every greenlet is listed with what it waits for, its stack and its origin':
      endOfLoop,
    'stuck: a channel without a partner: every greenlet is listed with what it waits for, its stack and its origin':
      endOfLoop,
    'stuck: an AsyncResult that nobody sets: every greenlet is listed with what it waits for, its stack and its origin':
      endOfLoop,
  },
  'test/io/stuck.test.ts': {
    'LoopExit is raised in what the script waits for, after its cleanup': endOfLoop,
    'a script that waits for an operation that nothing can end gets LoopExit too': endOfLoop,
    'a shield does not keep a script waiting for what can never happen: that is reported, and ends it': endOfLoop,
  },
  'test/io/subprocess/descriptors.test.ts': {
    'when no descriptors are left it says so, loses none, and goes on when there are some again': startErrors,
  },
  'test/io/subprocess/orphans.test.ts': {
    'processes end with a program that fails': exitOfFailure,
    'a program that looks after a signal itself keeps its processes': unknown,
  },
  'test/io/subprocess/run.test.ts': {
    'a program that is not there is an error that says so': startErrors,
  },
  'test/io/threads/thread-pool.test.ts': {
    'a thread that needs too much memory is an error, and is replaced': unknown,
    'close ends what is running, and the pool can be used again': unknown,
    'the hub of this thread has nothing left from them': unknown,
  },
  'test/io/windows.test.ts': {
    'where there are no groups, a process is in that of the program, and its end is that of it alone': moduleHooks,
    'a signal that the system lacks ends a process at once': moduleHooks,
    'a program that a signal ends takes its processes along, though the system cannot send it that signal': moduleHooks,
    'the name of a pipe is an address, however long, and is listened to as it is': moduleHooks,
    'without /proc a program is looked into that has the same GVENT_CONSOLE as the command': moduleHooks,
  },
  'test/scheduler/groups/imap.test.ts': {
    'memory follows what was not read, and not the number of items': memory,
  },
  'test/scheduler/kernel/memory.test.ts': {
    'a million greenlets, one after another, keep nothing': program,
  },
  'test/scheduler/kernel/stack.test.ts': {
    'where the intrinsics of the language are frozen, greenlets run, and know where they were spawned': program,
  },
  'test/scheduler/reports/forgotten-waits.test.ts': {
    'a call whose operation is dropped is named, with its place': unknown,
    'what the library makes for itself in passing is not reported': unknown,
    'calls that act at once need no wait': unknown,
    'an operation that is collected is reported while the program goes on': program,
  },
  'test/scheduler/sync/permit-path.test.ts': {
    'a permit is handed over in 13 calls, and a kill gives it back in 36, with the stack of the exit': profiler,
  },
  'test/testing/corpus.test.ts': {
    'a counter over HTTP: no alarm without the bug, in 30 schedules': undici,
    'most of these bugs hide in production’s order': undici,
  },
  'test/testing/explore.test.ts': {
    'chance that was imported by name is named as well': namedImports,
  },
  'test/testing/globals.test.ts': {
    'chance that a module imported by name comes from the seed, too': namedImports,
  },
  'test/testing/network.test.ts': {
    'fetch and an HTTP server': undici,
    'fetch over TLS is refused: it is not simulated': undici,
    'a WSGI server': undici,
    'a slow answer runs into the client’s timeout on the virtual clock': undici,
  },
  'test/testing/patched-network.test.ts': {
    'callbacks alone run there too: events come in the time of the simulation': unknown,
  },
  'test/testing/servers.test.ts': {
    'a request gets an answer or an error, and the HTTP server stops, whatever the order': undici,
    'a request gets an answer or an error, and the HTTP server stops, over a network that fails': undici,
    'a request gets an answer or an error, and the HTTP server stops, whoever is killed': undici,
  },
}
