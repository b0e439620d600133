/** Tests that neither Deno nor Bun can pass, by file or folder and name, each with the reason; `*` are all of a file or folder, which are not run. */
import { facts } from './facts.js'

const { coverage, endOfLoop, inspector, moduleHooks, namedImports, timingsOfFetch, undici } = facts

/** Reasons that no program shows. */
export const insides = 'looks at the insides of Node'
export const memory = 'measures with process.memoryUsage, which counts what is not collected yet'
export const profiler = 'counts calls with the profiler of V8'
export const runners = 'runs the test runners of Node'
export const ofNode = 'is about the command, the package or the pages, which need Node'

const exemptInBoth = {
  'test/command/': {
    '*': ofNode,
  },
  'test/docs/': {
    '*': ofNode,
  },
  'test/examples/': {
    '*': ofNode,
  },
  'test/package/': {
    '*': ofNode,
  },
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
  'test/async/reports.test.ts': {
    'the watchdog of blocked loops names the async function, and says where it hangs': inspector,
  },
  'test/console/warnings.test.ts': {
    'one that runs for long without a wait is a warning; many short steps are none': inspector,
    'a kill that was caught is a warning; a cleanup in a shield, and one that has just begun, are none': inspector,
    'a group that only grows is a warning of top, with the place; one that comes and goes is none': inspector,
    'one that is woken again and again without progress is a warning of gvent trace': inspector,
    'a fast consumer of a queue, and one that works between its waits, are none': inspector,
    'a queue is found into which somebody puts, though nobody waits for it': inspector,
    'a greenlet that was found lost is a warning': inspector,
  },
  'test/ecosystem/express.test.ts': {
    'express: a program with async/await does what it did': moduleHooks,
  },
  'test/ecosystem/ioredis.test.ts': {
    'ioredis: a program with async/await does what it did': moduleHooks,
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
  'test/io/diagnostics/hide-secrets.test.ts': {
    'requests are shown in dumps and in errors without what their query says': undici,
  },
  'test/io/fetch/fetch-direct.test.ts': {
    'over TLS the request is the same by all ways': undici,
    'a dispatcher that a test has put in the place of undici is called by the fetch of the platform': undici,
    'performance has the same entries for a request in all ways': timingsOfFetch,
    'a body that is cut off is the same error by all ways': undici,
    'a body can be read bytes by bytes, and twice by a clone': undici,
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
  'test/io/monkey/patch-dns.test.ts': {
    'a greenlet waits for what the functions of dns.promises give, by whatever name they were imported': namedImports,
    'what a greenlet gives up to ask is taken back': namedImports,
    'outside of greenlets it is a promise as ever, with the same errors': namedImports,
  },
  'test/io/monkey/patch-module.test.ts': {
    'a named import of a module of Node sees the patch, and its end': namedImports,
    'a module of Node can be given by its name': namedImports,
  },
  'test/io/monkey/patch-once.test.ts': {
    'a greenlet waits for an event with yield*, and an error is raised': namedImports,
    'a killed greenlet leaves no listener behind, and one elsewhere is left alone': namedImports,
  },
  'test/io/monkey/patch-streams.test.ts': {
    'a killed greenlet destroys its pipeline, and leaves what it only watched': namedImports,
  },
  'test/io/node/facts.test.ts': {
    'undici, of a version that is known, sends through a global dispatcher, with handlers that can abort': insides,
    'an error of a dispatcher is the cause of the one of fetch': insides,
    'starting a process passes through ChildProcess.prototype.spawn, which gives the error of the system': insides,
  },
  'test/io/node/fast-response.test.ts': {
    'to the byte what node:http sends: chunks for a text': insides,
  },
  'test/io/node/unobserved.test.ts': {
    'a deadlock fails its test of node:test, is reported, and the tests after it run': runners,
    'an error that is lost in a test of node:test makes the run fail': runners,
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
  'test/io/windows.test.ts': {
    'the name of a pipe is an address, however long, and is listened to as it is': moduleHooks,
    'a path that names no pipe is refused, with the way to write one': moduleHooks,
    'GVENT_CONSOLE that names no pipe says so, and the program goes on': moduleHooks,
    'a signal that Windows lacks is refused, with those that it has': moduleHooks,
    'staticFiles sends no file by a name that Windows reads as another': moduleHooks,
    'async functions of packages are left alone, whichever slashes a bundler writes': moduleHooks,
    'where there are no groups, a process is in that of the program, and its end is that of it alone': moduleHooks,
    'a signal that the system lacks ends a process at once': moduleHooks,
    'a program that a signal ends takes its processes along, though the system cannot send it that signal': moduleHooks,
    'without /proc a program is looked into that has the same GVENT_CONSOLE as the command': moduleHooks,
  },
  'test/scheduler/groups/imap.test.ts': {
    'memory follows what was not read, and not the number of items': memory,
  },
  'test/scheduler/sync/permit-path.test.ts': {
    'a permit that is acquired, handed over and lost by a kill goes through 19 functions in 7 files': profiler,
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
  'test/testing/servers.test.ts': {
    'a request gets an answer or an error, and the HTTP server stops, whatever the order': undici,
    'a request gets an answer or an error, and the HTTP server stops, over a network that fails': undici,
    'a request gets an answer or an error, and the HTTP server stops, whoever is killed': undici,
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
}

/**
 * Adds the tests that neither of them can pass to those of one of them.
 *
 * @param {Record<string, Record<string, unknown>>} own
 */
export function withThoseOfBoth(own) {
  const places = new Set([...Object.keys(exemptInBoth), ...Object.keys(own)])
  return Object.fromEntries(Array.from(places, (place) => [place, { ...exemptInBoth[place], ...own[place] }]))
}
