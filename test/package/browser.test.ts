import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import vm from 'node:vm'
import { build } from 'esbuild'
import ts from 'typescript'
import { root } from './consumer.js'

test('the scheduler bundles for a browser and runs in one, with nothing of Node', async () => {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `
        import { joinAll, sleep, spawn } from 'gvent/scheduler'
        globalThis.result = joinAll([2, 1].map((ms) => spawn(function* () { yield* sleep(ms); return ms })))
          .then((greenlets) => greenlets.map((greenlet) => greenlet.value))`,
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
  const browser = vm.createContext({
    setTimeout,
    clearTimeout,
    queueMicrotask,
    performance,
    AbortController,
    MessageChannel,
  })
  vm.runInContext(outputFiles[0]!.text, browser)
  assert.equal(JSON.stringify(await (browser['result'] as Promise<number[]>)), '[1,2]')
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
