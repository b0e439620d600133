/** Tests that Bun cannot pass, besides those in exempt-both.js, by file or folder and name, each with the reason. */
import { insides, runners, withThoseOfBoth } from './exempt-both.js'
import { facts } from './facts.js'

const {
  activeResources,
  asyncHooks,
  collection,
  endOfLoop,
  endsOfStreams,
  enteredStores,
  errorsOfFetch,
  inspector,
  latin1,
  limitsOfThreads,
  listensAtOnce,
  moduleHooks,
  oldConnections,
  ownListeners,
  pipesOfProcesses,
  responses,
  sourceMaps,
  startErrors,
  tailCalls,
  trailers,
  undici,
} = facts
const endOfStack = 'recurs to the very end of the stack, where JavaScriptCore raises the error at other places'
const rendering = 'gives Error.prepareStackTrace functions that fail, which Bun calls at other moments'

export const exempt = withThoseOfBoth({
  'test/async/hooks.test.ts': {
    'errors have the place in the file, in JavaScript without a source map': moduleHooks,
  },
  'test/async/kill.test.ts': {
    'the error that those see who await a killed call names it, and has the kill for its cause': inspector,
    'a greenlet of a call has name, state, value and end, and is the same for each who asks': inspector,
    'a call that awaits in spite of a kill is ended by force after the grace': inspector,
    'a killed call is no unhandled rejection, nor is what was derived from it; everything else is': inspector,
  },
  'test/async/lowering/forms.test.ts': {
    'errors have the lines and the names of the program, without a source map': inspector,
  },
  'test/async/reports.test.ts': {
    'a dump names each call, what it awaits, who awaits it, and the line': inspector,
    'a dump tells combinators and operations, and shows the calls of a greenlet below it': inspector,
    'what ended is not listed, and a dump changes nothing': inspector,
    'what a program reports of calls that never go on: stuck': inspector,
    'what a program reports of calls that never go on: lost': inspector,
    'what a program reports of calls that never go on: end': inspector,
    'the stack of an error leads through all async callers, without the library': inspector,
  },
  'test/async/runtime.test.ts': {
    'a call that nothing can wake any more is collected with what it awaits': collection,
    'a loop that calls itself anew without waiting keeps none of those before': collection,
    'the runtime alone has Node under the hub: names, places, stores': inspector,
  },
  'test/console/trace.test.ts': {
    'gvent trace records a process that was not prepared': inspector,
    'gvent trace records worker threads and the workers of a cluster in one file': inspector,
    'gvent trace leaves out a thread that is blocked, and says so': inspector,
    'gvent trace on a process that is blocked says so': inspector,
  },
  'test/ecosystem/pools.test.ts': {
    'an undici pool never starves': moduleHooks,
  },
  'test/ecosystem/undici.test.ts': {
    'undici: fifty greenlets share a connection': moduleHooks,
    'undici: a killed greenlet that passed on its signal takes its request along': moduleHooks,
    'undici: a killed greenlet leaves a request to itself, and the connection usable': moduleHooks,
  },
  'test/ecosystem/ws.test.ts': {
    'ws: a greenlet that is killed while it waits for a message leaves the connection usable': moduleHooks,
  },
  'test/io/fetch/chunks.test.ts': {
    'a connection that breaks says so': errorsOfFetch,
  },
  'test/io/fetch/fetch-direct.test.ts': {
    'what only the platform understands takes its way': undici,
  },
  'test/io/fetch/fetch-limits.test.ts': {
    'each body method gives the same with a limit as without': undici,
  },
  'test/io/fetch/fetch-tls-connections.test.ts': {
    'each request tells how it came to its connection, with the times of the parts': undici,
    'https goes through a tunnel of the proxy': undici,
  },
  'test/io/fetch/fetch.test.ts': {
    'the response is a Response in all but its body methods': responses,
    'each body method gives what the platform gives': responses,
    'a refused connection says where, why and with which code': errorsOfFetch,
    "an error's stack leads to the place where the greenlet waited": errorsOfFetch,
    'a connection that breaks in the middle of the body says so': errorsOfFetch,
    'an address that is none raises what the platform raises': errorsOfFetch,
  },
  'test/io/http/connections.test.ts': {
    'a client of HTTP/1.0 that asks for it keeps its connection, whatever the response is made of': oldConnections,
  },
  'test/io/http/http-server.test.ts': {
    "a header of the platform's Response is sent as Latin-1, whatever the body is": latin1,
    "a header of gvent's Response is sent as Latin-1, whatever the body is": latin1,
  },
  'test/io/http/lazy-response.test.ts': {
    "text: goes out as the platform's does, looked at before or not": responses,
    "text: is what the platform's is to those who look": responses,
    "an empty text: goes out as the platform's does, looked at before or not": responses,
    "an empty text: is what the platform's is to those who look": responses,
    "text that is not ASCII: goes out as the platform's does, looked at before or not": responses,
    "text that is not ASCII: is what the platform's is to those who look": responses,
    "a status: goes out as the platform's does, looked at before or not": responses,
    "a status: is what the platform's is to those who look": responses,
    "a length of its own: goes out as the platform's does, looked at before or not": responses,
    "a length of its own: is what the platform's is to those who look": responses,
    "a blob: goes out as the platform's does, looked at before or not": responses,
    "a form: goes out as the platform's does, looked at before or not": responses,
    'what the platform refuses is refused': responses,
  },
  'test/io/http/trailers.test.ts': {
    'trailers come after a body, whether it is whole or a stream': trailers,
    'trailers may be made when the body was sent': trailers,
  },
  'test/io/monitoring/monitoring.test.ts': {
    'printRunInfo shows those that are alive, and the last that have ended': inspector,
  },
  'test/io/monkey/patch-promise.test.ts': {
    'outside of greenlets a promise is no list': inspector,
  },
  'test/io/net/dns.test.ts': {
    'equal look-ups at the same time share one, and each gets a result of its own': activeResources,
    'a name that does not exist is a LookupError for each who asked, from where each waits': inspector,
    'what is misused says what was meant': tailCalls,
  },
  'test/io/net/stream.test.ts': {
    'TLS: a reset by the other side ends a recv with ConnectionResetError': ownListeners,
    'TLS: a reset by the other side ends a recvExactly with ConnectionResetError': ownListeners,
    'TLS: a reset by the other side ends a recvUntil with ConnectionResetError': ownListeners,
    'TLS: a reset by the other side ends a readLine with ConnectionResetError': ownListeners,
    'TLS: what came before a reset can still be received': ownListeners,
    'TLS: detach gives Node its socket back, with what was not taken': ownListeners,
  },
  'test/io/node/async-context.test.ts': {
    'each greenlet keeps its stores over all its waits, and nobody else has them: as Node comes': enteredStores,
    'each greenlet keeps its stores over all its waits, and nobody else has them: where the class of frames cannot be had':
      enteredStores,
  },
  'test/io/node/facts.test.ts': {
    'a socket keeps the buffer and the callback of onread under symbols, for a handle that can use them': insides,
  },
  'test/io/node/fast-response.test.ts': {
    'an end() that somebody has put in the place of the one of Node is called': insides,
  },
  'test/io/node/misuse-places.test.ts': {
    'the stack of an error about yield of a number begins with the line of the program': inspector,
    'the stack of an error about yield of a list begins with the line of the program': inspector,
    'the stack of an error about yield of a function begins with the line of the program': inspector,
    'the stack of an error about yield of a coroutine that was used begins with the line of the program': inspector,
    'the stack of an error about a yield after waits begins with the line of the program': inspector,
    'the stack of an error about a yield in a coroutine that is delegated to begins with the line of the program':
      inspector,
    'the stack of an error about a yield in a coroutine that is called by another begins with the line of the program':
      inspector,
    'the stack of an error about a yield in a method begins with the line of the program': inspector,
    'the stack of an error about a yield whose error is caught on the way begins with the line of the program':
      inspector,
    'the stack of an error about spawn(async function*) begins with the line of the program': inspector,
    'the stack of an error about run(async function*) begins with the line of the program': inspector,
    'the stack of an error about in a simulation begins with the line of the program': inspector,
    'the stack of an error about a handler that gives a string begins with the line of the program': inspector,
    'the stack of an error about a coroutine of a handler that gives nothing begins with the line of the program':
      inspector,
    'the stack of an error about an arrow as a handler begins with the line of the program': inspector,
    'the stack of an error about a handler for Node that gives a Response begins with the line of the program':
      inspector,
    'the stack of an error about a handler for Node that ends without an answer begins with the line of the program':
      inspector,
    'an error about a yield is raised at the yield, and can be caught there': inspector,
  },
  'test/io/node/node-host.test.ts': {
    'a store that a greenlet enters stays with it, and reaches neither siblings nor its spawner': enteredStores,
    'whoever watches async resources learns that those of greenlets are gone': asyncHooks,
  },
  'test/io/stuck.test.ts': {
    'a program that can go on is not reported: timers, I/O and what they wake': endOfLoop,
  },
  'test/io/subprocess/popen.test.ts': {
    'a process whose output nobody reads stands still': pipesOfProcesses,
  },
  'test/io/threads/thread-pool.test.ts': {
    'a thread that needs too much memory is an error, and is replaced': limitsOfThreads,
  },
  'test/io/wsgi/wsgi-server.test.ts': {
    'the stack of an error leads through the application and its middleware': inspector,
    'a header is sent as Latin-1, whatever the body is': latin1,
  },
  'test/jobs/consume.test.ts': {
    'no job is lost, and none is acknowledged twice, whatever the order': activeResources,
    'a worker that is gone holds nothing, whoever was killed or timed out where': activeResources,
    'a worker that is gone holds nothing, whoever was killed or timed out in whatever order': activeResources,
  },
  'test/options/options.test.ts': {
    'an option that no call has is refused by all calls, at the line of the program, under the name of the call':
      inspector,
    'a subclass of a program may hand options of its own on, but no near misses': inspector,
  },
  'test/options/wrong-arguments.test.ts': {
    'a wrong argument is refused by every call, under its name, at the line of the program': inspector,
  },
  'test/scheduler/greenlets/greenlet-local.test.ts': {
    'a value goes when its greenlet ends, whoever still refers to that': collection,
    'a value goes with its GreenletLocal, while the greenlet lives on': collection,
  },
  'test/scheduler/greenlets/greenlet.test.ts': {
    'spawnedAt names the place of the spawn and nothing of the library': inspector,
  },
  'test/scheduler/groups/roster.test.ts': {
    '*': collection,
  },
  'test/scheduler/kernel/errors.test.ts': {
    'an error that nobody observes is reported once, with the name, the stack and the place of the spawn': inspector,
  },
  'test/scheduler/kernel/frames.test.ts': {
    'spawning and waking at the very end of the stack leave the hub working': endOfStack,
  },
  'test/scheduler/kernel/kill-swallowed.test.ts': {
    'a greenlet that swallows the kill and waits on is reported after 5 s, and ended by force': inspector,
  },
  'test/scheduler/kernel/misuse.test.ts': {
    'the message of a bad yield names the function that is on top': inspector,
  },
  'test/scheduler/kernel/stack.test.ts': {
    "a program's own rendering of stacks may give anything, or raise an error: reports come all the same": rendering,
    'where the intrinsics of the language are frozen, greenlets run, and know where they were spawned': inspector,
  },
  'test/scheduler/reports/dump-of-ready.test.ts': {
    'dump() shows where a greenlet that was woken stands, and does not resume it': inspector,
  },
  'test/scheduler/reports/error-stack.test.ts': {
    'the stack of an error lists the green functions that called the one that raised it': inspector,
    'native frames and frames of their own are listed in the order in which they called': inspector,
    'that of a timeout leads to the place that waited, and to its callers': inspector,
    'that of a kill does so too': inspector,
    'an error that a promise rejects with goes on with who waits for it': inspector,
    'that of a subclass ends at the hub, too': inspector,
    'the place that waits is listed once where the wait fails at once, and who called a plain function is listed':
      inspector,
    'what another greenlet did is set apart from the place where the error that came of it is raised': inspector,
    'functions that are run for a race or for `all` were called by the one that waits': inspector,
    'the cause of an error has its callers as well': inspector,
    'lines of a message that look like those of a stack stay in the message': inspector,
    'a caller that is parked on a plain `yield` leaves a line that says so': inspector,
    'a plain function that gives something to wait for leaves no line: it wrote no `yield`': inspector,
    'a Timeout that is used again says where it is raised then': inspector,
    'however many native levels wait, none is missing from the stack of a timeout': inspector,
    'when the budget is used up stacks are as the engine made them, whole errors at a time': inspector,
    'the limit that the program sets for stacks is kept, however many called': inspector,
  },
  'test/scheduler/reports/forgotten-waits.test.ts': {
    'a call whose operation is dropped is named, with its place': collection,
    'a function of the program that returns an operation leaves it to its caller': collection,
    'a place is named once, however often it forgets': collection,
    'forgotten waits are reported under node:test, unless switched off': runners,
    'forgotten waits are reported under vitest, unless switched off': runners,
    'forgotten waits are reported under jest, unless switched off': runners,
    'forgotten waits are reported under mocha in parallel, unless switched off': runners,
    'forgotten waits are reported under tap, unless switched off': runners,
    'an operation that a greenlet made and never waited for is named, with its place': collection,
    'a call of a green function, a join and a sleep are found, too': collection,
  },
  'test/scheduler/waits/shield.test.ts': {
    'a greenlet that swallows the kill in a loop of shields is ended by force': inspector,
  },
  'test/testing/cancel-everywhere.test.ts': {
    'a permit that is not released when its holder is killed is found, with the place': inspector,
  },
  'test/testing/explore.test.ts': {
    'an async function may go on between the steps of a greenlet': activeResources,
    'a promise may call back while greenlets are ready': activeResources,
  },
  'test/scheduler/streams/streams.test.ts': {
    '*': activeResources,
  },
  'test/testing/corpus.test.ts': {
    '*': undici,
  },
  'test/async/simulation.test.ts': {
    '*': inspector,
  },
  'test/console/page.test.ts': {
    '*': inspector,
  },
  'test/console/page-browser.test.ts': {
    '*': inspector,
  },
  'test/io/monkey/patch-net.test.ts': {
    'a server that cannot listen raises, and one that nobody waits for any more is closed': listensAtOnce,
  },
  'test/io/net/connect.test.ts': {
    'what Node refuses to connect to leaves nothing behind': collection,
    'TLS: why a handshake fails is said in plain words, on both sides': errorsOfFetch,
  },
  'test/testing/patched-network.test.ts': {
    'an Express application and its client run there as they are': activeResources,
  },
  'test/async/requests/http-server.test.ts': {
    'a request that hangs is in the dump, with the place of its await': inspector,
  },
  'test/async/places.test.ts': {
    'stacks have the columns of the program where source maps are switched on': sourceMaps,
  },
  'test/async/plugin.test.ts': {
    'webpack bundles lowered code, of CommonJS too': sourceMaps,
  },
  'test/io/fetch/fetch-end.test.ts': {
    'a response with a limit is the one that there is without': responses,
    'the end of a response is seen by Readable.fromWeb(response.body) with {}': endsOfStreams,
  },
  'test/console/trace-calls.test.ts': {
    'a call that another one awaits, or that no greenlet made, has a track of its own': inspector,
  },
  'test/console/bundled.test.ts': {
    'serveConsole works in a bundle of esbuild, esm': inspector,
    'serveConsole works in a bundle of webpack, esm': inspector,
    'serveConsole works in a bundle of esbuild, cjs': inspector,
    'serveConsole works in a bundle of webpack, cjs': inspector,
  },
  'test/console/warnings.test.ts': {
    'a lock that is held over a wait is none where few wait for it and not for long, or its holder waits for a lock':
      inspector,
  },
  'test/io/net/descriptors.test.ts': {
    'a server without descriptors says so, goes on serving those it has, and recovers': startErrors,
  },
  'test/io/subprocess/descriptors.test.ts': {
    'when no descriptors are left it says so, loses none, and goes on when there are some again': startErrors,
  },
  'test/io/stuck-programs.test.ts': {
    '*': endOfLoop,
  },
})
