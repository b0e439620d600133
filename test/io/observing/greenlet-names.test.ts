import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startProgram } from '../program.js'

const skip = 'Deno' in globalThis || 'Bun' in globalThis

/** Greenlets of one function, which differ by their names alone. */
const WORK = `
  import { sleep, spawn } from 'gvent'
  function* work(rounds = 20) {
    for (let round = 0; round < rounds; round++) {
      const end = Date.now() + 5
      while (Date.now() < end);
      yield* sleep(0)
    }
  }
  const named = (name) => Object.assign(spawn(work), { name })
`

async function run(source: string, ...options: string[]): Promise<string> {
  const { code, stdout, stderr } = await startProgram([...options, '--input-type=module', '--eval', source]).ended
  assert.equal(code, 0, stderr)
  return stdout
}

test('a profile of --cpu-prof has the names of greenlets', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gvent-names-'))
  t.after(() => rm(folder, { recursive: true }))
  await run(
    `${WORK}
    await Promise.all([named('nightly report'), named('a "quoted" name')])`,
    '--cpu-prof',
    `--cpu-prof-dir=${folder}`,
  )
  const [file] = await readdir(folder)
  const profile = JSON.parse(await readFile(join(folder, file!), 'utf8')) as {
    nodes: { callFrame: { functionName: string } }[]
  }
  const names = profile.nodes.map(({ callFrame }) => callFrame.functionName)
  assert.ok(names.includes('nightly report'), names.join())
  assert.ok(names.includes('a "quoted" name'), names.join())
})

test('so has one that a session of the program takes, and nothing is left when it is over', { skip }, async () => {
  const stdout = await run(`
    import { Session } from 'node:inspector/promises'
    ${WORK}
    const session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
    await Promise.all([named('nightly report'), named('GET /slow')])
    const { profile } = await session.post('Profiler.stop')
    session.disconnect()
    console.log(JSON.stringify(profile.nodes.map(({ callFrame }) => callFrame.functionName)))
    const after = spawn(() => new Error().stack)
    after.name = 'afterwards'
    console.log((await after).includes('afterwards'))
  `)
  const [names, isLeft] = stdout.split('\n')
  assert.ok((JSON.parse(names!) as string[]).includes('nightly report'), names)
  assert.ok((JSON.parse(names!) as string[]).includes('GET /slow'), names)
  assert.equal(isLeft, 'false')
})

/** Pauses the program at each \`debugger\`, prints the stack from a thread of its own, and lets it go on. */
const DEBUGGER = `
  import { Worker } from 'node:worker_threads'
  import { once } from 'node:events'
  const debug = new Worker(\`
    const { parentPort } = require('node:worker_threads')
    const { Session } = require('node:inspector')
    const { writeSync } = require('node:fs')
    const session = new Session()
    session.connectToMainThread()
    session.on('Debugger.paused', ({ params }) => {
      const tasks = []
      for (let stack = params.asyncStackTrace; stack; stack = stack.parent)
        tasks.push(stack.description, ...stack.callFrames.map(({ functionName }) => functionName))
      writeSync(1, JSON.stringify({ frames: params.callFrames.map(({ functionName }) => functionName), tasks }) + '\\\\n')
      session.post('Debugger.resume')
    })
    session.post('Debugger.enable', () => {
      session.post('Debugger.setAsyncCallStackDepth', { maxDepth: 32 }, () => parentPort.postMessage('ready'))
    })
    parentPort.on('message', () => process.exit())
  \`, { eval: true, execArgv: [] })
  await once(debug, 'message')
`

test('the stack in a debugger goes on with the name of the greenlet, and with its spawners', { skip }, async () => {
  const stdout = await run(
    `${DEBUGGER}
    ${WORK}
    function* nightlyReport() {
      yield* sleep(0)
      debugger
    }
    function* scheduler() {
      yield* sleep(0)
      const report = spawn(nightlyReport)
      yield* report
      const renamed = spawn(nightlyReport)
      renamed.name = 'report of accounts'
      yield* renamed
    }
    await spawn(scheduler)
    debug.postMessage('end')`,
    '--inspect=0',
  )
  const [plain, renamed] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { frames: string[]; tasks: string[] })
  assert.equal(plain!.frames[0], 'nightlyReport')
  assert.equal(plain!.tasks[0], 'nightlyReport #2')
  assert.ok(plain!.tasks.indexOf('scheduler #1') > 0, plain!.tasks.join())
  assert.ok(plain!.tasks.indexOf('scheduler') > 0, 'the place of the spawn')
  assert.equal(renamed!.tasks[0], 'report of accounts #3')
  assert.ok(renamed!.frames.includes('report of accounts'), renamed!.frames.join())
})

test('an inspector that is opened while the program runs is noticed, and that it is closed', { skip }, async () => {
  const stdout = await run(`
    import inspector from 'node:inspector'
    ${WORK}
    function* ask() {
      for (;;) {
        yield* sleep(10)
        const isNamed = new Error().stack.includes('asked by name')
        if (isNamed === wanted) return
      }
    }
    const asks = () => Object.assign(spawn(ask), { name: 'asked by name' })
    let wanted = false
    await asks()
    inspector.open(0)
    wanted = true
    await asks()
    inspector.close()
    wanted = false
    await asks()
    console.log('as before')
  `)
  assert.match(stdout, /as before/)
})

test('errors and places of spawns look the same while names are shown', { skip }, async () => {
  const program = `
    ${WORK}
    function* inner() { yield* sleep(0); throw new Error('failed') }
    function* outer() { yield* spawn(inner) }
    try {
      await spawn(outer)
    } catch (error) {
      console.log(error.stack)
    }
    const child = await spawn(function* () { yield* sleep(0); return [spawn(work, 1)] })
    console.log(child[0].spawnedAt)
  `
  assert.equal(await run(program, '--inspect=0'), await run(program))
})

test('where code must not be made of texts, only the tasks have names', { skip }, async () => {
  const stdout = await run(
    `${WORK}
    await named('no frame')
    console.log('ran')`,
    '--inspect=0',
    '--disallow-code-generation-from-strings',
  )
  assert.equal(stdout, 'ran\n')
})
