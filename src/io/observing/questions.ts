/**
 * The questions that may be put to a process, as expressions for its inspector. Whoever asks, over a socket or over an open
 * inspector, asks nothing but these: none of them changes what the program does.
 */
export const METHODS: readonly string[] = [
  'presence',
  'dump',
  'load',
  'sample',
  'snapshot',
  'rows',
  'greenlet',
  'groups',
  'serve',
]

/** Those whose answer is a promise, which needs a running loop. */
const ASYNCHRONOUS = new Set(['load', 'serve'])

/** Whether the answer to it has to be waited for. */
export function isAsynchronous(method: string): boolean {
  return ASYNCHRONOUS.has(method)
}

/** The names of the hub's frames, at which the stack of a blocked thread ends for the reader. */
const HUB = '\\/gvent\\/|\\/dist\\/(scheduler|io|async)\\/|node:internal|node:events|node:async_hooks'

/** The text that is evaluated in the process. Its value is a text in JSON. */
export function expressionOf(method: string, parameters: unknown): string {
  if (!METHODS.includes(method)) throw new TypeError(`there is no question ${JSON.stringify(method)}`)
  const handles = `const handles = globalThis[Symbol.for('gvent.handles')] ?? [];`
  if (method === 'presence') return `(() => { ${handles} ${PRESENCE} })()`
  if (method === 'dump') return `(() => { ${handles} ${DUMP} })()`
  if (method === 'load') {
    return `(async () => { ${handles} await Promise.all(handles.map((each) => each.load())); return 'true' })()`
  }
  const call = `handle.observed.${method}(${JSON.stringify(parameters) ?? ''})`
  const main = `${handles} const handle = handles.find((each) => each.thread.hub.made > 0) ?? handles[0];`
  if (method === 'serve') return `(async () => { ${main} return JSON.stringify(await ${call}) })()`
  return `(() => { ${main} if (handle === undefined) return 'null'; if (handle.observed === undefined) return '"unloaded"'; return JSON.stringify(${call} ?? null) })()`
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
