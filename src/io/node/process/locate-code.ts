import type { CodePlace } from '../../../scheduler/kernel/host.js'
import { loadBuiltin } from '../load-builtin.js'
import { connectOwnSession } from './inspection.js'

interface RemoteObject {
  readonly objectId?: string
  readonly description?: string
  readonly value?: unknown
}

interface Property {
  readonly name: string
  readonly value?: RemoteObject
}

interface Location {
  readonly scriptId: string
  readonly lineNumber: number
  readonly columnNumber: number
}

interface Session {
  connect(): void
  on(event: string, listener: (message: { params: { scriptId: string; url: string } }) => void): void
  post(method: string, params: object, callback: (error: unknown, result: never) => void): void
}

/** The name under which the debugger finds what it is asked about. */
const ASKED = '__gventLocatedCode'

interface Script {
  readonly url: string
  lines: string[] | undefined
}

const scripts = new Map<string, Script>()
let session: Session | undefined

/**
 * Tells where a generator is suspended, or a function begins. A `yield` cannot be asked, since that would resume it; the
 * debugger of the same thread can, at once, for 30 µs, and nothing has to be prepared for it.
 *
 * @returns `undefined` where there is no debugger, and for code that comes from no file.
 */
export function locateCode(code: object): CodePlace | undefined {
  const holder = globalThis as unknown as Record<string, unknown>
  try {
    session ??= open()
    holder[ASKED] = code
    return ask(session, typeof code === 'function')
  } catch {
    // The program may be built without it, or may not let anybody use it.
    return undefined
  } finally {
    Reflect.deleteProperty(holder, ASKED)
  }
}

function open(): Session {
  const { Session } = loadBuiltin('node:inspector') as { Session: new () => Session }
  const opened = new Session()
  connectOwnSession(opened)
  return opened
}

function ask(debugged: Session, isFunction: boolean): CodePlace | undefined {
  const { result } = post<{ result: RemoteObject }>(debugged, 'Runtime.evaluate', {
    expression: ASKED,
    objectGroup: ASKED,
  })
  const properties = propertiesOf(debugged, result)
  const fn = isFunction ? result : properties.get('[[GeneratorFunction]]')
  const start = locationIn(isFunction ? properties : fn && propertiesOf(debugged, fn), '[[FunctionLocation]]')
  // One that runs, or has ended, is nowhere.
  const location = isFunction ? start : (locationIn(properties, '[[GeneratorLocation]]') ?? start)
  post(debugged, 'Runtime.releaseObjectGroup', { objectGroup: ASKED })
  if (location === undefined) return undefined
  const script = scriptOf(debugged, location.scriptId)
  if (script.url === '') return undefined
  const name = nameIn(fn?.description ?? '') || (start === undefined ? '' : nameBefore(script, start))
  const place = { name, url: script.url, line: location.lineNumber + 1, column: location.columnNumber + 1 }
  return originOf(place) ?? place
}

function locationIn(properties: Map<string, RemoteObject | undefined> | undefined, name: string): Location | undefined {
  return properties?.get(name)?.value as Location | undefined
}

function propertiesOf(debugged: Session, { objectId }: RemoteObject): Map<string, RemoteObject | undefined> {
  const { internalProperties = [] } = post<{ internalProperties?: Property[] }>(debugged, 'Runtime.getProperties', {
    objectId,
    ownProperties: true,
  })
  return new Map(internalProperties.map(({ name, value }) => [name, value]))
}

// The debugger tells the addresses of all scripts when it is switched on, and those that come later do not matter until
// somebody asks again.
function scriptOf(debugged: Session, scriptId: string): Script {
  let script = scripts.get(scriptId)
  if (script?.lines !== undefined) return script
  if (scripts.size === 0) {
    debugged.on('Debugger.scriptParsed', ({ params }) => {
      scripts.set(params.scriptId, { url: params.url, lines: undefined })
    })
  }
  post(debugged, 'Debugger.enable', {})
  script = scripts.get(scriptId) ?? { url: '', lines: undefined }
  scripts.set(scriptId, script)
  script.lines = post<{ scriptSource: string }>(debugged, 'Debugger.getScriptSource', { scriptId }).scriptSource.split(
    '\n',
  )
  post(debugged, 'Debugger.disable', {})
  return script
}

/** So much of the code in front of a nameless generator function is looked at for the function that it is the code of. */
const LINES_BEFORE = 3
/** A line may be a whole program that was made short. */
const CHARACTERS_BEFORE = 400

// Compilers leave the generator function without a name, inside of the function that the program named.
function nameBefore({ lines = [] }: Script, { lineNumber, columnNumber }: Location): string {
  const first = Math.max(0, lineNumber - LINES_BEFORE)
  const before = [...lines.slice(first, lineNumber), (lines[lineNumber] ?? '').slice(0, columnNumber)].join('\n')
  const end = before.slice(-CHARACTERS_BEFORE)
  // eslint-disable-next-line regexp/no-super-linear-backtracking, regexp/no-super-linear-move -- it is short
  const call = end.replace(/function\s*\*?\s*$/, '').replace(/[\w$.]+\((?:[\w$.\s]+,)*\s*$/, '')
  for (const pattern of definitions) {
    const name = pattern.exec(call)?.[1]
    if (name !== undefined) return name.replace(/^_/, '')
  }
  return ''
}

/* eslint-disable regexp/no-super-linear-move -- the text is short */
const definitions = [
  // function name(…) { return …
  /(?:function\s+)?([\w$#]+)\s*\([^()]*\)\s*\{\s*return\s+$/,
  // name = (…) => …, name: (…) => …
  /([\w$]+)\s*[=:]\s*(?:\([^()]*\)|[\w$]+)\s*=>\s*(?:\{\s*return\s+)?$/,
  // name = …
  /([\w$]+)\s*[=:]\s*$/,
]
/* eslint-enable regexp/no-super-linear-move */

interface SourceMaps {
  findSourceMap?: (url: string) => { findEntry(line: number, column: number): Partial<Entry> } | undefined
}

interface Entry {
  readonly originalSource: string
  readonly originalLine: number
  readonly originalColumn: number
}

// Known where the program runs with source maps.
function originOf({ name, url, line, column }: CodePlace): CodePlace | undefined {
  const maps = loadBuiltin('node:module') as SourceMaps
  const entry = maps.findSourceMap?.(url)?.findEntry(line - 1, column - 1)
  if (entry?.originalSource === undefined) return undefined
  return { name, url: entry.originalSource, line: entry.originalLine! + 1, column: entry.originalColumn! + 1 }
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what is asked for has the type that is known
function post<T>(debugged: Session, method: string, params: object): T {
  let answer: T | undefined
  let failure: unknown
  debugged.post(method, params, (error, result) => {
    failure = error
    answer = result
  })
  if (answer === undefined) throw failure
  return answer
}

function nameIn(source: string): string {
  const name =
    /^(?:async\s+)?function[\s*]*([^\s(*]*)/.exec(source)?.[1] ??
    /^(?:async\b)?[\s*]*(\["(?:[^"\\]|\\.)*"\]|[^\s(*]+)\s*\(/.exec(source)?.[1] ??
    ''
  // gvent's own compiler writes a name that is no identifier between brackets, and a number behind that of a declaration.
  return name.startsWith('["') ? (JSON.parse(name.slice(1, -1)) as string) : name.replace(/\[?\$g_*\d+\]?$/, '')
}
