/** Tests that Deno cannot pass, besides those in exempt-both.js, by file or folder and name, each with the reason. */
import { insides, withThoseOfBoth } from './exempt-both.js'
import { facts, unknown } from './facts.js'

const {
  exitOfFailure,
  fullDisks,
  inspector,
  moduleHooks,
  namedImports,
  refusedDatagrams,
  tlsErrors,
  tlsResets,
  tlsWrites,
  undici,
} = facts
const names = 'looks for the names of async functions in stacks'
const program = 'starts Node with options of its own'

export const exempt = withThoseOfBoth({
  'test/async/kill.test.ts': {
    'the error that those see who await a killed call names it, and has the kill for its cause': names,
    'a greenlet of a call has name, state, value and end, and is the same for each who asks': names,
    'a call that awaits in spite of a kill is ended by force after the grace': names,
    'a killed call is no unhandled rejection, nor is what was derived from it; everything else is': names,
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
  'test/ecosystem/axios.test.ts': {
    'axios: a program with async/await does what it did': moduleHooks,
  },
  'test/ecosystem/got.test.ts': {
    'got: a program with async/await does what it did': moduleHooks,
  },
  'test/ecosystem/koa.test.ts': {
    'koa: a program with async/await does what it did': moduleHooks,
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
    'a server in two processes > a reload under load loses no request, on connections of their own and on those kept open':
      unknown,
  },
  'test/io/faults.test.ts': {
    'TCP: `sendAll`, the peer does not read; peer ends: goes on': unknown,
    'TLS: `sendAll`, the peer does not read; peer ends: goes on': tlsWrites,
    'TLS: `sendAll`, the peer does not read; peer closes: ConnectionResetError': tlsWrites,
    'TLS: `sendAll`, the peer does not read; peer resets: ConnectionResetError': tlsWrites,
    'TCP: `sendAll`, another one is sending; peer ends: goes on': unknown,
    'TLS: `sendAll`, another one is sending; kill: GreenletExit': tlsWrites,
    'TLS: `sendAll`, another one is sending; abort: its reason': tlsWrites,
    'TLS: `sendAll`, another one is sending; closed here: ClosedError': tlsWrites,
    'TLS: `sendAll`, another one is sending; peer ends: goes on': tlsWrites,
    'TLS: `sendAll`, another one is sending; peer closes: ConnectionResetError': tlsWrites,
    'TLS: `sendAll`, another one is sending; peer resets: ConnectionResetError': tlsWrites,
    'TLS: `sendAll`, another one is sending; a race that it loses leaves nothing': tlsWrites,
    'TCP: `shutdown`, another one is sending; peer ends: goes on': unknown,
    'TLS: `shutdown`, another one is sending; kill: GreenletExit': tlsWrites,
    'TLS: `shutdown`, another one is sending; abort: its reason': tlsWrites,
    'TLS: `shutdown`, another one is sending; closed here: ClosedError': tlsWrites,
    'TLS: `shutdown`, another one is sending; peer ends: goes on': tlsWrites,
    'TLS: `shutdown`, another one is sending; peer closes: ConnectionResetError': tlsWrites,
    'TLS: `shutdown`, another one is sending; peer resets: ConnectionResetError': tlsWrites,
    'TLS: `recv`; peer resets: ConnectionResetError': unknown,
    'TLS: `recvExactly`; peer resets: ConnectionResetError': unknown,
    'TLS: `recvUntil`; peer resets: ConnectionResetError': unknown,
    'TLS: `readLine`; peer resets: ConnectionResetError': unknown,
  },
  'test/io/fetch/chunks.test.ts': {
    'a connection that breaks says so': unknown,
    'the reader of a clone is not disturbed when the loop over the other is left': unknown,
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
    'a client of HTTP/1.0 that asks for it keeps its connection, whatever the response is made of': unknown,
    'Expect: 100-continue of a request: 100, kept open': unknown,
    'Expect: 100-continue of one in capitals: 100, kept open': unknown,
    'Expect: 100-continue of one without a body: no 100, closed': unknown,
  },
  'test/io/http/failures.test.ts': {
    'a form that is none from a client is answered with 400 and counted, and nothing is reported': unknown,
    'under Express, each response and request of a connection emits its close': unknown,
    'a server whose log and reports meet a full disk goes on, and counts what was lost': fullDisks,
    'a server whose log and reports nobody reads any more goes on, and counts what was lost': fullDisks,
  },
  'test/io/http/pipelines.test.ts': {
    'of requests that are sent without waiting, over plain text, only a few are handled at a time': unknown,
    'of requests that are sent without waiting, over TLS, only a few are handled at a time': unknown,
    'a stop loses no request of clients that do not wait for responses': unknown,
  },
  'test/io/monkey/patch-once.test.ts': {
    'signals and refusals are as ever': namedImports,
  },
  'test/io/monkey/register.test.ts': {
    '--import patches before the first module of a program runs': moduleHooks,
    '--require does so too': moduleHooks,
    'what waits for the first greenlet is there when it is asked for, and then in the first greenlet': moduleHooks,
    'what was taken back before the first greenlet stays so': moduleHooks,
  },
  'test/io/net/connect.test.ts': {
    'startTLS goes on with TLS in the middle of a conversation': tlsErrors,
    'startTLS as server: a client that speaks no TLS is TLSError': tlsErrors,
    'TLS: a server that speaks something else is TLSError': tlsErrors,
    'TLS: why a handshake fails is said in plain words, on both sides': tlsErrors,
  },
  'test/io/net/datagram.test.ts': {
    'a connected socket sends to and hears only the other side': refusedDatagrams,
    'nobody at the other side of a connected socket is ConnectionRefusedError': refusedDatagrams,
  },
  'test/io/net/dns.test.ts': {
    'records come from the name server': unknown,
    'equal look-ups at the same time share one, and each gets a result of its own': unknown,
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
    'finished() sees the end of a stream of the web, whoever reads, cancels or breaks it': insides,
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
  'test/io/servers/departures.test.ts': {
    'StreamServer with TLS that it starts itself: a client that breaks off later on is counted, not reported': unknown,
    'an upgrade of HTTPServer with TLS that it starts itself: a client that breaks off later on is counted, not reported':
      unknown,
  },
  'test/io/subprocess/orphans.test.ts': {
    'processes end with a program that fails': exitOfFailure,
  },
  'test/io/threads/thread-pool.test.ts': {
    'a thread that needs too much memory is an error, and is replaced': unknown,
    'close ends what is running, and the pool can be used again': unknown,
    'the hub of this thread has nothing left from them': unknown,
  },
  'test/io/windows.test.ts': {
    'the name of a pipe is an address, however long, and is listened to as it is': moduleHooks,
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
    'an operation that is collected is reported while the program goes on': program,
  },
  'test/testing/corpus.test.ts': {
    'a counter over HTTP: no alarm without the bug, in 30 schedules': undici,
    'most of these bugs hide in production’s order': undici,
  },
  'test/testing/patched-network.test.ts': {
    'callbacks alone run there too: events come in the time of the simulation': unknown,
  },
  'test/console/trace.test.ts': {
    '*': inspector,
  },
  'test/io/http/upgrades.test.ts': {
    'a connection is taken over when the responses before it have gone out': unknown,
    'after an upgrade that was declined the connection goes on, with an upgrade, too': unknown,
  },
  'test/io/http/http-server.test.ts': {
    'a body that was announced and never asked for ends the connection': unknown,
    'stop lets requests finish, closes idle connections at once, and leaves nothing': unknown,
    'stop waits for no connection that never asked, and answers a request that is on its way': unknown,
    'stop under load loses no request': unknown,
  },
  'test/io/monkey/patch-fetch.test.ts': {
    'a rejection that nobody handles is as unhandled as ever': unknown,
  },
  'test/io/monkey/ten-lines.test.ts': {
    'the program of ten lines gets all pages at the same time': unknown,
  },
  'test/io/fetch/fetch-direct.test.ts': {
    'the response is the same by all ways: no HTTP': undici,
    'the response is the same by all ways: a head that is cut off': undici,
  },
  'test/io/http/crowds.test.ts': {
    'clients that are slow with headers, bodies and reading hold up nobody, and are let go': unknown,
  },
})
