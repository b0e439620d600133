import { writeSync } from 'node:fs'
import { Session, type Debugger, type InspectorNotification, type Runtime } from 'node:inspector'
import { workerData } from 'node:worker_threads'
import { CURRENT, GREENLET, NO_GREENLET, STEPS } from './blocked-loop-cells.js'

const { shared, milliseconds } = workerData as { shared: Int32Array; milliseconds: number }

/** The addresses of what runs the code of async functions, as a module and in a bundle. */
const RUNTIME = /\/async\/(?:calls|generators)\/|\/bundles\/shared-async\.js/
/** Where the library resumes the code of a greenlet, or begins or resumes that of an async function. */
const DRIVER =
  /^(?:driveGreenlet \(.*(?:\/|shared-)scheduler\b|(?:go|goThrow|begin|Body\.resume) \(.*\/(?:shared-)?async\b)/

let steps = 0
let since = Date.now()
let reported = false

setInterval(
  () => {
    const now = Date.now()
    const current = Atomics.load(shared, STEPS)
    if (current !== steps) {
      steps = current
      since = now
      reported = false
    } else if (current % 2 === 1 && !reported && now - since >= milliseconds) {
      reported = true
      report(current)
    }
  },
  Math.max(1, milliseconds / 4),
)

// Stops the main thread for as long as it takes to read its stack. The name of the greenlet is asked for in the same
// pause. Native code cannot be paused: then the stack comes when it is done, and says who called it.
function report(step: number): void {
  const id = Atomics.load(shared, GREENLET)
  const running = id === NO_GREENLET ? 'an async function' : `greenlet #${id}`
  const session = new Session()
  const giveUp = setTimeout(() => {
    print(
      `${running} has been running for more than ${milliseconds} ms, in native code; its stack follows when it returns.`,
    )
  }, milliseconds)
  const scripts = new Map<string, string>()
  session.connectToMainThread()
  session.on('Debugger.scriptParsed', ({ params }: InspectorNotification<Debugger.ScriptParsedEventDataType>) => {
    scripts.set(params.scriptId, params.url)
  })
  session.on('Debugger.paused', ({ params }: InspectorNotification<Debugger.PausedEventDataType>) => {
    clearTimeout(giveUp)
    const [frame] = params.callFrames
    const expression = `globalThis[Symbol.for('${CURRENT}')]?.()`
    session.post(
      'Debugger.evaluateOnCallFrame',
      { callFrameId: frame!.callFrameId, expression },
      (error: Error | null, result?: { result: Runtime.RemoteObject }) => {
        const asked: unknown = error === null ? result?.result.value : undefined
        const name = typeof asked === 'string' ? asked : (nameOfCall(params.callFrames, scripts) ?? running)
        const late = Atomics.load(shared, STEPS) === step ? 'has been running' : 'ran'
        print(
          `${name} ${late} for more than ${milliseconds} ms without waiting, here:\n${format(params.callFrames, scripts)}`,
        )
        session.post('Debugger.resume', () => {
          session.disconnect()
        })
      },
    )
  })
  session.post('Debugger.enable', { maxScriptsCacheSize: 0 })
  session.post('Debugger.pause')
}

// The code of an async function stands right above the runtime that runs it; gvent's own compiler numbers declared ones.
function nameOfCall(frames: Debugger.CallFrame[], scripts: Map<string, string>): string | undefined {
  const driver = frames.findIndex(({ location }) => RUNTIME.test(scripts.get(location.scriptId) ?? ''))
  const name = frames[driver - 1]?.functionName.replace(/\$g_*\d+$/, '') ?? ''
  return name === '' ? undefined : `async ${name}`
}

// Down to where the hub resumed the greenlet: what is below says nothing to the reader.
function format(frames: Debugger.CallFrame[], scripts: Map<string, string>): string {
  const places = frames.map(({ functionName, location }) => {
    const { scriptId, lineNumber, columnNumber = 0 } = location
    const place = `${scripts.get(scriptId) ?? '<unknown>'}:${lineNumber + 1}:${columnNumber + 1}`
    return functionName === '' ? place : `${functionName} (${place})`
  })
  const end = places.findIndex((place) => DRIVER.test(place))
  return (end === -1 ? places : places.slice(0, end)).map((place) => `    at ${place}`).join('\n')
}

// Not process.stderr: in a worker that goes through the main thread, which is blocked.
function print(text: string): void {
  writeSync(2, `${text}\n`)
}
