import { setTimeout as pause } from 'node:timers/promises'
import type { Begun } from './slices.js'

/**
 * The questions that may be put to a process, as expressions for its inspector. A client, over a socket or over an open
 * inspector, can ask nothing but these: none of them changes what the program does; a recording costs it some time.
 */
export const METHODS: readonly string[] = [
  'presence',
  'dump',
  'load',
  'sample',
  'snapshot',
  'rows',
  'tree',
  'greenlet',
  'groups',
  'serve',
  'record',
  'recorded',
]

/** The questions whose answer is a promise, which needs a running loop. */
const ASYNCHRONOUS = new Set(['load', 'serve', 'record'])
/** The questions that are answered in slices. */
const SLICED = new Set(['snapshot', 'rows', 'tree', 'greenlet', 'groups'])
/** The answer to all but the first of these before the rest is loaded. */
export const UNLOADED = 'unloaded'

/** Evaluates an expression in the process. Its value is a text in JSON. */
export type Evaluate = (expression: string, awaitPromise: boolean) => Promise<string>

/** Milliseconds until an answer is asked for again that was not found at once. */
const PATIENCE = 5

/** Puts a question. @returns the answer. */
export async function put(evaluate: Evaluate, method: string, parameters?: unknown): Promise<unknown> {
  const isAsynchronous = ASYNCHRONOUS.has(method)
  let reply: unknown = JSON.parse(await evaluate(expressionOf(method, parameters), isAsynchronous))
  if (!SLICED.has(method)) return reply
  while (isBegun(reply) && 'pending' in reply) {
    await pause(PATIENCE)
    reply = JSON.parse(await evaluate(callOf('later', reply.pending), false))
  }
  return isBegun(reply) ? (reply as { answer: unknown }).answer : reply
}

function isBegun(reply: unknown): reply is Begun<unknown> {
  return typeof reply === 'object' && reply !== null
}

/** The names of the hub's frames, at which the stack of a blocked thread ends for the reader. */
const HUB =
  '[\\\\/]node_modules[\\\\/]gvent[\\\\/]|[\\\\/]dist[\\\\/](scheduler|io|async|bundles)[\\\\/]|\\.next \\(<anonymous>\\)$|' +
  'node:internal|node:events|node:async_hooks|node:timers'

const HANDLES = `const handles = globalThis[Symbol.for('gvent.handles')] ?? [];`
// The copy of gvent that has made greenlets.
const MAIN = `${HANDLES} const handle = handles.find((each) => each.thread.hub.made > 0) ?? handles[0];`

function expressionOf(method: string, parameters: unknown): string {
  if (!METHODS.includes(method)) throw new TypeError(`there is no question ${JSON.stringify(method)}`)
  if (method === 'presence') return `(() => { ${HANDLES} ${PRESENCE} })()`
  if (method === 'dump') return `(() => { ${HANDLES} ${DUMP} })()`
  if (method === 'load')
    return `(async () => { ${HANDLES} await Promise.all(handles.map((each) => each.load())); return 'true' })()`
  if (ASYNCHRONOUS.has(method))
    return `(async () => { ${MAIN} return JSON.stringify(await handle.observed.${method}(${argument(parameters)})) })()`
  return callOf(method, parameters)
}

function callOf(method: string, parameters: unknown): string {
  return `(() => { ${MAIN}
    if (handle === undefined) return 'null';
    if (handle.observed === undefined) return '"${UNLOADED}"';
    return JSON.stringify(handle.observed.${method}(${argument(parameters)}) ?? null) })()`
}

function argument(parameters: unknown): string {
  return JSON.stringify(parameters) ?? ''
}

// `turned` tells the next one whether the loop came round in between: a thread that has not is blocked.
const PRESENCE = `
  const { stackTraceLimit, prepareStackTrace } = Error;
  Error.stackTraceLimit = 100;
  Error.prepareStackTrace = undefined;
  const lines = String(new Error().stack).split('\\n').slice(1);
  Error.stackTraceLimit = stackTraceLimit;
  Error.prepareStackTrace = prepareStackTrace;
  const stack = lines.filter((line) => !/<anonymous>:\\d+:\\d+\\)?$/.test(line) && !/${HUB}/.test(line));
  const key = Symbol.for('gvent.turns');
  if (globalThis[key] === undefined) Object.defineProperty(globalThis, key, { value: { count: 0, asked: false } });
  const turns = globalThis[key];
  if (!turns.asked && typeof setImmediate === 'function') {
    turns.asked = true;
    setImmediate(() => { turns.count++; turns.asked = false });
  }
  const running = handles.map((each) => each.thread.greenlet).find((greenlet) => greenlet != null);
  return JSON.stringify({
    copies: handles.length,
    protocol: handles[0]?.protocol ?? 0,
    pid: process.pid,
    node: process.version,
    up: process.uptime(),
    alive: handles.reduce((sum, each) => sum + each.thread.hub.alive, 0),
    turns: turns.count,
    running: running === undefined ? '' : String(running),
    stack: lines.length > 1 || running !== undefined ? stack : [],
    ppid: process.ppid,
  });`

const DUMP = `
  return JSON.stringify(handles.map((each) => each.dump()));`
