import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import vm from 'node:vm'
import { MessageChannel } from 'node:worker_threads'
import { build } from 'esbuild'
import ts from 'typescript'
import { root } from './consumer.js'

test('the scheduler bundles for a browser and runs in one, with nothing of Node', async () => {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `
        import { sleep, spawn } from 'gvent/scheduler'
        globalThis.result = Promise.all([2, 1].map((ms) => spawn(function* () { yield* sleep(ms); return ms })))`,
      resolveDir: root,
    },
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    logLevel: 'silent',
  })
  const inputs = Object.keys(metafile.inputs).filter((input) => input !== '<stdin>')
  assert.ok(inputs.length > 0)
  assert.deepEqual(
    inputs.filter((input) => !input.startsWith('dist/scheduler/')),
    [],
  )
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
    vm.runInContext(outputFiles[0]!.text, browser)
    assert.equal(JSON.stringify(await (browser['result'] as Promise<number[]>)), '[2,1]')
  } finally {
    for (const { port1 } of channels) port1.close()
  }
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
