import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { app, node, project } from './project.js'

const PROGRAM = `async function used(a) {
  if (a) {
    await null
    return 1
  }
  return await 2
}

async function unused() {
  await null
  return 3
}

class A {
  async used() { return await 1 }

  async unused() {
    await null
  }
}
const unused2 = async () => {
  await null
}
await used(true)
await new A().used()
`

/** The lines that c8 calls uncovered: its report on a file of a project. */
function uncovered(folder: string, ...flags: string[]): string[] {
  const c8 = fileURLToPath(new URL('../../../node_modules/c8/bin/c8.js', import.meta.url))
  const args = [c8, '--reporter=json', `--reports-dir=${folder}/report`, process.execPath, ...flags, 'app.mjs']
  execFileSync(process.execPath, args, { cwd: folder, env: { ...process.env, NODE_OPTIONS: '', NODE_V8_COVERAGE: '' } })
  const text = readFileSync(join(folder, 'report', 'coverage-final.json'), 'utf8')
  const [report] = Object.values(JSON.parse(text) as Record<string, { s: Record<string, number> }>)
  return Object.keys(report!.s).filter((line) => report!.s[line] === 0)
}

test('c8 counts the lines that it counts natively', () => {
  const folder = project({ 'app.mjs': PROGRAM })
  const natively = uncovered(folder)
  assert.ok(natively.length > 6)
  // With a source map c8 takes the brace that ends a function for a part of what is before it.
  const lowered = uncovered(folder, '--import', 'gvent/async')
  assert.deepEqual(
    lowered.filter((line) => PROGRAM.split('\n')[Number(line)] !== '}'),
    natively.filter((line) => PROGRAM.split('\n')[Number(line)] !== '}'),
  )
  assert.deepEqual(
    natively.filter((line) => !lowered.includes(line)),
    [],
  )
})

test("Node's coverage has a source map that leads to the file itself", async () => {
  const folder = project({ 'app.mjs': PROGRAM })
  mkdirSync(join(folder, 'coverage'))
  await app(folder, 'app.mjs', { NODE_V8_COVERAGE: join(folder, 'coverage') })
  type Report = { 'source-map-cache'?: Record<string, { data: { sources: string[]; sourcesContent: string[] } }> }
  const url = pathToFileURL(join(folder, 'app.mjs')).href
  const { data } = readdirSync(join(folder, 'coverage'))
    .map((file) => JSON.parse(readFileSync(join(folder, 'coverage', file), 'utf8')) as Report)
    .map((report) => report['source-map-cache']?.[url])
    .find((map) => map !== undefined)!
  assert.deepEqual([data.sources, data.sourcesContent], [[url], [PROGRAM]])
})

test('stacks have the columns of the program where source maps are switched on', async () => {
  const folder = project({
    'app.mjs': `async function f(a) { await a; throw new Error('here') }
await f(1).catch((error) => console.log(error.stack))`,
  })
  const { stdout } = await node(folder, ['--enable-source-maps', '--import', 'gvent/async', 'app.mjs'])
  assert.match(stdout, /at f \(.*app\.mjs:1:38\)/)
})

test('stacks have the functions of the program, and none that run them', async () => {
  const text = `async function inner(n) {
  if (n === 0) throw new Error('here')
  await inner(n - 1)
}
class A {
  async #hidden() { throw new Error('hidden') }
  async shown() { await this.#hidden() }
  start() { return this.#hidden() }
}
const lines = (error) => error.stack.split('\\n').filter((line) => /^ +at/.test(line))
const frames = (error) => lines(error).map((line) => /at (?:async )?([\\w.#]+)?/.exec(line)[1]?.replace('A.', ''))
const places = (error) => lines(error).map((line) => /app\\.mjs:\\d+/.exec(line)?.[0])
const each = async (begin) => { try { await begin() } catch (error) { console.log(frames(error).slice(0, 2).join(), places(error).slice(0, 3).join()) } }
await each(() => inner(2))
await each(() => new A().shown())
await each(() => new A().start())
`
  const folder = project({ 'app.mjs': text })
  const natively = await node(folder, ['app.mjs'])
  assert.equal((await app(folder, 'app.mjs')).stdout, natively.stdout)
})

/** Sets a breakpoint in a file, by a debugger on another thread, and says where the program stopped. */
const DEBUGGED = `import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
const worker = new Worker(\`
const { Session } = require('node:inspector')
const { parentPort } = require('node:worker_threads')
const session = new Session()
session.connectToMainThread()
session.on('Debugger.paused', ({ params: { callFrames: [{ callFrameId, functionName, location }] } }) => {
  session.post('Debugger.evaluateOnCallFrame', { callFrameId, expression: 'value' }, (error, { result }) => {
    parentPort.postMessage([functionName, location.lineNumber, result.value])
    session.post('Debugger.resume')
  })
})
setInterval(() => {}, 1000)
session.post('Debugger.enable')
session.post('Debugger.setBreakpointByUrl', { urlRegex: '.*work\\\\\\\\.mjs', lineNumber: 3 }, () => parentPort.postMessage('ready'))
\`, { eval: true })
await once(worker, 'message')
worker.on('message', (hit) => { console.log(hit); worker.terminate() })
const { work } = await import('./work.mjs')
console.log(await work(2))
`

test('a breakpoint stops the program in its line, with the values of the function', async () => {
  const folder = project({
    'app.mjs': DEBUGGED,
    'work.mjs': `export async function work(n) {
  const value = await (async () => n * 2)()

  const more = value + 1
  return more
}
`,
  })
  for (const flags of [[], ['--import', 'gvent/async']]) {
    const { stdout, stderr } = await node(folder, [...flags, 'app.mjs'])
    assert.deepEqual(stdout.trim().split('\n').sort(), ['5', "[ 'work', 3, 4 ]"], stderr)
  }
})
