/** Tests that Deno cannot pass, besides those in exempt-both.js, by file or folder and name, each with the reason. */
import { insides, withThoseOfBoth } from './exempt-both.js'
import { facts } from './facts.js'

const {
  awaitInREPL,
  clonedBodies,
  cutForms,
  endOfServers,
  endedClients,
  endedThreads,
  exitOfFailure,
  fullDisks,
  halfClosed,
  inspector,
  inspectorAtOnce,
  longPipelines,
  lookupsUnderWay,
  moduleHooks,
  namedImports,
  refusedDatagrams,
  reverseNames,
  tlsErrors,
  tlsResets,
  tlsWrites,
  undici,
  withoutDescriptors,
} = facts
const program = 'starts Node with options of its own'

export const exempt = withThoseOfBoth({
  'test/async/kill.test.ts': {
    'the error that those see who await a killed call names it, and has the kill for its cause': inspectorAtOnce,
    'a greenlet of a call has name, state, value and end, and is the same for each who asks': inspectorAtOnce,
    'a call that awaits in spite of a kill is ended by force after the grace': inspectorAtOnce,
    'a killed call is no unhandled rejection, nor is what was derived from it; everything else is': inspectorAtOnce,
  },
  'test/async/real-programs.test.ts': {
    'an application of NestJS answers and logs as natively, with its packages compiled, too': moduleHooks,
  },
  'test/async/reports.test.ts': {
    'a dump names each call, what it awaits, who awaits it, and the line': inspectorAtOnce,
    'a dump tells combinators and operations, and shows the calls of a greenlet below it': inspectorAtOnce,
    'what ended is not listed, and a dump changes nothing': inspectorAtOnce,
    'what a program reports of calls that never go on: stuck': moduleHooks,
    'what a program reports of calls that never go on: lost': moduleHooks,
    'what a program reports of calls that never go on: end': moduleHooks,
    'the stack of an error leads through all async callers, without the library': inspectorAtOnce,
  },
  'test/async/requests/http-server.test.ts': {
    'a request that hangs is in the dump, with the place of its await': inspectorAtOnce,
  },
  'test/async/simulation.test.ts': {
    'greenlets and async functions are explored together': inspectorAtOnce,
    'an exploration finds the order in which the transfers lose money, names the await, and repeats it':
      inspectorAtOnce,
    'async functions that wait for what can never happen are a deadlock, and those that are left a leak':
      inspectorAtOnce,
    'a rejection that nobody handles ends the simulation with that error': inspectorAtOnce,
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
    'ws: a greenlet that is killed while it waits for a message leaves the connection usable': namedImports,
  },
  'test/io/faults.test.ts': {
    'TLS: `shutdown`, another one is sending; a race that it loses leaves nothing': tlsWrites,
    'TLS: `shutdown`, another one is sending; timeout: Timeout': tlsWrites,
    'TLS: `sendAll`, another one is sending; timeout: Timeout': tlsWrites,
    'TLS: `sendAll`, the peer does not read; a race that it loses leaves nothing': tlsWrites,
    'TCP: `sendAll`, the peer does not read; peer ends: goes on': halfClosed,
    'TLS: `sendAll`, the peer does not read; peer ends: goes on': tlsWrites,
    'TLS: `sendAll`, the peer does not read; peer closes: ConnectionResetError': tlsWrites,
    'TLS: `sendAll`, the peer does not read; peer resets: ConnectionResetError': tlsWrites,
    'TCP: `sendAll`, another one is sending; peer ends: goes on': halfClosed,
    'TLS: `sendAll`, another one is sending; kill: GreenletExit': tlsWrites,
    'TLS: `sendAll`, another one is sending; abort: its reason': tlsWrites,
    'TLS: `sendAll`, another one is sending; closed here: ClosedError': tlsWrites,
    'TLS: `sendAll`, another one is sending; peer ends: goes on': tlsWrites,
    'TLS: `sendAll`, another one is sending; peer closes: ConnectionResetError': tlsWrites,
    'TLS: `sendAll`, another one is sending; peer resets: ConnectionResetError': tlsWrites,
    'TLS: `sendAll`, another one is sending; a race that it loses leaves nothing': tlsWrites,
    'TCP: `shutdown`, another one is sending; peer ends: goes on': halfClosed,
    'TLS: `shutdown`, another one is sending; kill: GreenletExit': tlsWrites,
    'TLS: `shutdown`, another one is sending; abort: its reason': tlsWrites,
    'TLS: `shutdown`, another one is sending; closed here: ClosedError': tlsWrites,
    'TLS: `shutdown`, another one is sending; peer ends: goes on': tlsWrites,
    'TLS: `shutdown`, another one is sending; peer closes: ConnectionResetError': tlsWrites,
    'TLS: `shutdown`, another one is sending; peer resets: ConnectionResetError': tlsWrites,
    'TLS: `recv`; peer resets: ConnectionResetError': tlsResets,
    'TLS: `recvExactly`; peer resets: ConnectionResetError': tlsResets,
    'TLS: `recvUntil`; peer resets: ConnectionResetError': tlsResets,
    'TLS: `readLine`; peer resets: ConnectionResetError': tlsResets,
  },
  'test/io/fetch/chunks.test.ts': {
    'the reader of a clone is not disturbed when the loop over the other is left': clonedBodies,
  },
  'test/io/fetch/fetch-tls-connections.test.ts': {
    'connections trust the certificates that they are given, and no others': tlsErrors,
    'each request tells how it came to its connection, with the times of the parts': tlsErrors,
    'https goes through a tunnel of the proxy': tlsErrors,
  },
  'test/io/http/failures.test.ts': {
    'a form that is none from a client is answered with 400 and counted, and nothing is reported': cutForms,
    'a server whose log and reports meet a full disk goes on, and counts what was lost': fullDisks,
  },
  'test/io/http/pipelines.test.ts': {
    'of requests that are sent without waiting, over plain text, only a few are handled at a time': longPipelines,
    'of requests that are sent without waiting, over TLS, only a few are handled at a time': longPipelines,
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
    'a connected socket sends to the other side alone, and receives from it alone': refusedDatagrams,
    'nobody at the other side of a connected socket is ConnectionRefusedError': refusedDatagrams,
  },
  'test/io/net/dns.test.ts': {
    'records come from the name server': reverseNames,
    'equal look-ups at the same time share one, and each gets a result of its own': lookupsUnderWay,
  },
  'test/io/net/stream.test.ts': {
    'TLS: shutdown comes after those who are sending already': tlsWrites,
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
  'test/io/net/socket.test.ts': {
    'a greenlet can go on with TLS as soon as something has come': tlsErrors,
  },
  'test/io/node/facts.test.ts': {
    'finished() sees the end of a stream of the web, whoever reads, cancels or breaks it': insides,
    'a handle of the system has a descriptor, and one over a stream in JavaScript has none': insides,
  },
  'test/io/node/fake-timers.test.ts': {
    'timers from before ring by themselves, and the clock goes on: all is fake': insides,
  },
  'test/io/node/fast-response.test.ts': {
    'to the byte what node:http sends: a text': endedClients,
    'to the byte what node:http sends: a text that is not ASCII': endedClients,
    'to the byte what node:http sends: a header and a text': endedClients,
    'to the byte what node:http sends: a head and a text': endedClients,
    'to the byte what node:http sends: a head without a length and a text': endedClients,
    'to the byte what node:http sends: a text in another encoding': endedClients,
    'to the byte what node:http sends: bytes': endedClients,
    'to the byte what node:http sends: a text in parts': endedClients,
    'to the byte what node:http sends: nothing': endedClients,
    'to the byte what node:http sends: an empty text': endedClients,
    'to the byte what node:http sends: no content': endedClients,
    'to the byte what node:http sends: the end of the connection': endedClients,
    'a request that was answered has ended and is closed, for those who ask later, too': insides,
  },
  'test/io/node/misuse-places.test.ts': {
    'the stack of an error about yield of a number begins with the line of the program': inspectorAtOnce,
    'the stack of an error about yield of a list begins with the line of the program': inspectorAtOnce,
    'the stack of an error about yield of a function begins with the line of the program': inspectorAtOnce,
    'the stack of an error about yield of a coroutine that was used begins with the line of the program':
      inspectorAtOnce,
    'the stack of an error about a yield after waits begins with the line of the program': inspectorAtOnce,
    'the stack of an error about a yield in a coroutine that is delegated to begins with the line of the program':
      inspectorAtOnce,
    'the stack of an error about a yield in a coroutine that is called by another begins with the line of the program':
      inspectorAtOnce,
    'the stack of an error about a yield in a method begins with the line of the program': inspectorAtOnce,
    'the stack of an error about a yield whose error is caught on the way begins with the line of the program':
      inspectorAtOnce,
    'the stack of an error about spawn(async function*) begins with the line of the program': inspectorAtOnce,
    'the stack of an error about in a simulation begins with the line of the program': inspectorAtOnce,
    'the stack of an error about a handler that gives a string begins with the line of the program': inspectorAtOnce,
    'the stack of an error about a coroutine of a handler that gives nothing begins with the line of the program':
      inspectorAtOnce,
    'the stack of an error about an arrow as a handler begins with the line of the program': inspectorAtOnce,
    'the stack of an error about a handler for Node that gives a Response begins with the line of the program':
      inspectorAtOnce,
    'the stack of an error about a handler for Node that ends without an answer begins with the line of the program':
      inspectorAtOnce,
    'an error about a yield is raised at the yield, and can be caught there': inspectorAtOnce,
  },
  'test/io/node/node-host.test.ts': {
    'whoever watches async resources learns that those of greenlets are gone': insides,
  },
  'test/io/servers/departures.test.ts': {
    'StreamServer with TLS that it starts itself: a client that breaks off later on is counted, not reported':
      tlsResets,
    'an upgrade of HTTPServer with TLS that it starts itself: a client that breaks off later on is counted, not reported':
      tlsResets,
  },
  'test/io/subprocess/orphans.test.ts': {
    'processes end with a program that fails': exitOfFailure,
  },
  'test/io/threads/thread-pool.test.ts': {
    'close ends what is running, and the pool can be used again': endedThreads,
  },
  'test/scheduler/kernel/memory.test.ts': {
    'a million greenlets, one after another, keep nothing': program,
  },
  'test/scheduler/kernel/stack.test.ts': {
    'where the intrinsics of the language are frozen, greenlets run, and know where they were spawned': program,
  },
  'test/scheduler/reports/forgotten-waits.test.ts': {
    'an operation that is collected is reported while the program goes on': program,
  },
  'test/testing/corpus.test.ts': {
    'a counter over HTTP: no alarm without the bug, in 30 schedules': undici,
    'most of these bugs hide in production’s order': undici,
  },
  'test/testing/patched-network.test.ts': {
    'callbacks alone run there too: events come in the time of the simulation': endOfServers,
  },
  'test/console/trace.test.ts': {
    '*': inspector,
  },
  'test/console/bundled.test.ts': {
    '*': inspector,
  },
  'test/async/runtime.test.ts': {
    'the runtime alone has Node under the hub: names, places, stores': inspectorAtOnce,
  },
  'test/console/trace-calls.test.ts': {
    'a call that another one awaits, or that no greenlet made, has a track of its own': inspectorAtOnce,
  },
  'test/console/warnings.test.ts': {
    'a lock that is held over a wait is none where few wait for it and not for long, or its holder waits for a lock':
      inspector,
  },
  'test/io/monitoring/monitoring.test.ts': {
    'a backdoor on a Unix socket for this user alone is a REPL with the locals of the program': awaitInREPL,
  },
  'test/io/net/descriptors.test.ts': {
    'a server without descriptors says so, goes on serving those it has, and recovers': withoutDescriptors,
  },
  'test/io/subprocess/waits.test.ts': {
    'pool.apply; kill: GreenletExit': endedThreads,
  },
})
