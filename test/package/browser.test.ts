import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import vm from 'node:vm'
import { MessageChannel } from 'node:worker_threads'
import { build } from 'esbuild'
import ts from 'typescript'
import { root } from './consumer.js'

/** Two greenlets that sleep in the order opposite to that of their spawning; what they give and where they came from. */
const program = `
import { sleep, spawn } from 'gvent/scheduler'

function* nap(ms) {
  yield* sleep(ms)
  return ms
}
const greenlets = [spawn(nap, 2), spawn(nap, 1)]
globalThis.origins = greenlets.map((greenlet) => typeof greenlet.spawnedAt)
globalThis.result = Promise.all(greenlets)
`

const { outputFiles, metafile } = await build({
  stdin: { contents: program, resolveDir: root },
  bundle: true,
  write: false,
  metafile: true,
  platform: 'browser',
  format: 'iife',
  logLevel: 'silent',
})

/** Runs the bundled program where there is nothing but what a browser has, after `prelude`. */
async function runInBrowser(prelude: string): Promise<void> {
  // A browser's page may end with channels open; Node would wait for them.
  const channels: MessageChannel[] = []
  class Channel extends MessageChannel {
    constructor() {
      super()
      channels.push(this)
    }
  }
  const browser = vm.createContext({ setTimeout, clearTimeout, performance, AbortController, MessageChannel: Channel })
  try {
    vm.runInContext(prelude, browser)
    vm.runInContext(outputFiles[0]!.text, browser)
    assert.equal(JSON.stringify(await (browser['result'] as Promise<number[]>)), '[2,1]')
    assert.equal(JSON.stringify(browser['origins']), '["string","string"]')
  } finally {
    for (const { port1 } of channels) port1.close()
  }
}

test('the scheduler bundles for a browser without a module of Node or of io', () => {
  const inputs = Object.keys(metafile.inputs).filter((input) => input !== '<stdin>')
  assert.ok(inputs.length > 0)
  assert.deepEqual(
    inputs.filter((input) => !input.startsWith('dist/scheduler/')),
    [],
  )
})

test('a page carries no word that it does not use', () => {
  const { inputs } = Object.values(metafile.outputs)[0]!
  const carried = Object.keys(inputs).filter((file) => inputs[file]!.bytesInOutput > 0)
  const rooms =
    /^dist\/scheduler\/(?:policies|streams|groups|queues)\/|\/(?:within|acquire-release|each|with-timeout)\.js$/
  assert.deepEqual(
    carried.filter((file) => rooms.test(file)),
    [],
  )
})

test('the scheduler runs as a classic script with nothing but what a browser has', () => runInBrowser(''))

test('the scheduler runs on an engine without the stack functions of V8', () =>
  runInBrowser('delete Error.captureStackTrace; delete Error.stackTraceLimit'))

test('the stack of an error ends at the hub and lists who called where names were made short', async () => {
  const contents = `
    import { green, spawn } from 'gvent/scheduler'

    const fail = green(function* () { yield; throw new Error('failed') })
    const pass = green(function* () { yield* fail() })
    globalThis.stack = spawn(function* () { yield* pass() }).catch((error) => error.stack)
  `
  const stdin = { contents, resolveDir: root }
  const { outputFiles } = await build({ stdin, bundle: true, minify: true, write: false, platform: 'browser' })
  const browser = vm.createContext({ setTimeout, clearTimeout, performance, AbortController })
  vm.runInContext(outputFiles[0]!.text, browser)
  const lines = (await (browser['stack'] as Promise<string>)).split('\n')
  assert.deepEqual([lines[0], lines.length], ['Error: failed', 4])
})

/** What a page says that spawns the coroutine of a function, and the modules that it carries. */
async function misuseSpawn(conditions: string[], more = ''): Promise<{ message: string; modules: string[] }> {
  return runPage('spawn(sleep.bind(undefined, 1)).kill(); spawn((function* () {})())', conditions, more)
}

/** The message of the error that a page raises, and the modules that it carries. */
async function runPage(code: string, conditions: string[], more = ''): Promise<{ message: string; modules: string[] }> {
  const contents = `
    import { sleep, spawn } from 'gvent/scheduler'
    ${more}
    try {
      ${code}
    } catch (error) {
      globalThis.message = error.message
    }
  `
  const stdin = { contents, resolveDir: root }
  const { outputFiles, metafile } = await build({
    stdin,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'browser',
    conditions,
    logLevel: 'silent',
  })
  const browser = vm.createContext({ setTimeout, clearTimeout, performance, AbortController })
  vm.runInContext(outputFiles[0]!.text, browser)
  const { inputs } = Object.values(metafile.outputs)[0]!
  const modules = Object.keys(inputs).filter((file) => inputs[file]!.bytesInOutput > 0 && file !== '<stdin>')
  return { message: String(browser['message']), modules }
}

test('a page that spawns and sleeps carries the kernel, its checks and greenlets alone, whatever else there is', async () => {
  const { modules } = await misuseSpawn([])
  assert.ok(modules.includes('dist/scheduler/kernel/hub.js'))
  const allowed = /^dist\/scheduler\/(kernel|checks|greenlets)\/|^dist\/scheduler\/waits\/sleep\.js$/
  assert.deepEqual(
    modules.filter((file) => !allowed.test(file)),
    [],
  )
})

test('errors say what is wrong in every page, and what to write while one is being written', async () => {
  const fact = 'spawn(coroutine): expected the generator function, got what it returned'
  const advice = '. Write spawn(fn, ...args), not spawn(fn(...args))'
  assert.equal((await misuseSpawn([])).message, fact)
  assert.equal((await misuseSpawn(['development'])).message, `${fact}${advice}`)
  for (const name of ['green', 'dump']) {
    const use = `import { ${name} } from 'gvent/scheduler'; globalThis.used = ${name}`
    assert.equal((await misuseSpawn([], use)).message, fact)
  }
})

test('an option that does not exist is an error while a page is being written, and ignored in production', async () => {
  const code = 'sleep(0, { tiemout: 5 })'
  assert.equal((await runPage(code, [])).message, 'undefined')
  assert.match((await runPage(code, ['development'])).message, /^(sleep|options): there is no option `tiemout`/)
})

test('the scheduler type-checks against the types of a browser alone', () => {
  const { config } = ts.readConfigFile(join(root, 'src', 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: { extends: string; compilerOptions: Record<string, unknown> }
  }
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    {
      ...config,
      compilerOptions: {
        ...config.compilerOptions,
        composite: false,
        incremental: false,
        tsBuildInfoFile: undefined,
        noEmit: true,
        types: [],
        lib: ['es2023', 'esnext.disposable', 'dom'],
      },
      include: ['scheduler/**/*.ts'],
    },
    ts.sys,
    join(root, 'src'),
  )
  const program = ts.createProgram(fileNames, options)
  assert.ok(fileNames.length > 0)
  assert.deepEqual(
    ts.getPreEmitDiagnostics(program).map((diagnostic) => {
      const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
      return `${diagnostic.file?.fileName ?? ''}:${String(diagnostic.start)} ${text}`
    }),
    [],
  )
})

test('in workerd, whose requests cannot share a hub, the import says so', () => {
  const workerd = vm.createContext({ setTimeout, clearTimeout, WebSocketPair: class {} })
  assert.throws(() => vm.runInContext(outputFiles[0]!.text, workerd), {
    code: 'GVENT_PLATFORM',
    message: /gvent does not run in workerd/,
  })
})
