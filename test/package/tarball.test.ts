import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { ESLint } from 'eslint'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { createConsumer, root, type Consumer } from './consumer.js'

let consumer: Consumer
before(async () => {
  consumer = await createConsumer()
})
after(() => consumer.remove())

test('publint finds nothing wrong with the packed package', async () => {
  const bytes = await readFile(consumer.tarball)
  const { messages, pkg } = await publint({
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    strict: true,
  })
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg)),
    [],
  )
})

test('the types of every entry resolve, and to what runs', async () => {
  await consumer.tool('@arethetypeswrong/cli/dist/index.js', consumer.tarball, '--profile', 'esm-only')
})

test('installing the package installs nothing else', async () => {
  const packages = (await readdir(join(consumer.folder, 'node_modules'))).filter((name) => !name.startsWith('.'))
  assert.deepEqual(packages, ['gvent'])
})

test('the package holds what runs, its types, its sources and the command, and neither tests nor other examples', async () => {
  const files = await readdir(consumer.installed, { recursive: true })
  for (const file of ['LICENSE', 'dist/index.js', 'dist/index.d.ts', 'dist/index.js.map', 'src/index.ts']) {
    assert.ok(files.includes(file), `${file} is missing`)
  }
  const strays = files.filter((file) =>
    /(^|\/)(examples\/(?!fetcher(\/|$))|(test|bench|build|scripts)(\/|$))|tsconfig|\.tsbuildinfo$/.test(file),
  )
  assert.deepEqual(strays, [])
})

test('npx gvent runs the fetcher and says its version', async () => {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('[{ "title": "from the tarball" }]')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    const fetched = await consumer.npx('gvent', 'fetch', `http://127.0.0.1:${port}/`)
    assert.match(fetched, /^fetched\t200\thttp:\/\/127\.0\.0\.1:\d+\/\t33 bytes in .*\n$/)
  } finally {
    server.closeAllConnections()
    server.close()
  }
  assert.match(await consumer.npx('gvent', '--version'), /^\d+\.\d+\.\d+\n$/)
})

test('every source map in the package leads to a source in the package', async () => {
  const files = await readdir(consumer.installed, { recursive: true })
  for (const file of files.filter((name) => name.endsWith('.map'))) {
    const path = join(consumer.installed, file)
    const { sources } = JSON.parse(await readFile(path, 'utf8')) as { sources: string[] }
    for (const source of sources) await readFile(join(path, '..', source))
  }
})

const program = `
import { sleep, spawn } from 'gvent'

const order = []
function* greet(name, ms) {
  yield* sleep(ms)
  order.push(name)
  return 'hello ' + name
}
const greenlets = [spawn(greet, 'b', 20), spawn(greet, 'a', 1)]
console.log(...(await Promise.all(greenlets)), ...order)
`

test('the installed package runs from JavaScript', async () => {
  await consumer.write({ 'main.js': program })
  assert.equal(await consumer.node('main.js'), 'hello b hello a a b\n')
})

test('the installed package type-checks in a strict project and infers what a wait gives', async () => {
  await consumer.write({
    'typed/main.ts': `
import { sleep, spawn, type Greenlet, type Queue } from 'gvent'

function* greet(name: string, ms: number) {
  yield* sleep(ms)
  return 'hello ' + name
}
const greenlet: Greenlet<string> = spawn(greet, 'a', 1)
const text: string = await greenlet
function* take(queue: Queue<Date>) {
  const item = yield* queue.get()
  return item.getTime()
}
// @ts-expect-error: the result is a string
const wrong: number = await greenlet
// @ts-expect-error: an argument is missing
spawn(greet, 'a')
export { text, take, wrong }
`,
    'typed/tsconfig.json': JSON.stringify({
      compilerOptions: {
        ...strict,
        lib: ['es2022'],
        types: ['node'],
        typeRoots: [join(root, 'node_modules', '@types')],
      },
    }),
  })
  await consumer.tool('typescript/bin/tsc', '-p', 'typed')
})

test('the types of the scheduler need no Node', async () => {
  await consumer.write({
    'browser/main.ts': `
import { sleep, spawn } from 'gvent/scheduler'
const result: string = await spawn(function* () {
  yield* sleep(1)
  return document.title
})
export { result }
`,
    'browser/tsconfig.json': JSON.stringify({
      compilerOptions: {
        ...strict,
        lib: ['es2022', 'esnext.disposable', 'dom'],
        types: [],
        module: 'esnext',
        moduleResolution: 'bundler',
      },
    }),
  })
  await consumer.tool('typescript/bin/tsc', '-p', 'browser')
})

const strict = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: false,
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
}

test("a user's linter finds a forgotten yield* with gvent/eslint, as the guide has it", async () => {
  const url = pathToFileURL(join(root, 'node_modules/typescript-eslint/dist/index.js')).href
  const config = import.meta.resolve('eslint/config')
  await consumer.write({
    'linted/package.json': JSON.stringify({ type: 'module' }),
    'linted/tsconfig.json': JSON.stringify({ compilerOptions: { ...strict, types: [] }, include: ['*.ts'] }),
    'linted/eslint.config.js': `
import { defineConfig } from ${JSON.stringify(config)}
import gvent from 'gvent/eslint'
import typescript from ${JSON.stringify(url)}

export default defineConfig(gvent.configs.recommended, {
  files: ['**/*.ts'],
  extends: [typescript.configs.base],
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
})`,
    'linted/main.ts': `import { sleep, spawn, type Greenlet, type Queue } from 'gvent'
export function* worker(queue: Queue<number>, other: Greenlet<number>) {
  spawn(worker, queue, other)
  other.kill()
  yield* sleep(1)
  sleep(1)
  const item = yield* queue.get()
  queue.get()
  other.join()
  worker(queue, other)
  return item
}
`,
  })
  const eslint = new ESLint({ cwd: join(consumer.folder, 'linted') })
  const [result] = await eslint.lintFiles(['main.ts'])
  assert.deepEqual(
    result?.messages.map(({ line, ruleId }) => `${String(line)}: ${String(ruleId)}`),
    [6, 8, 9, 10].map((line) => `${String(line)}: gvent/no-forgotten-waits`),
  )
})

test('nothing inside the package can be imported but what it exports', async () => {
  const files = await readdir(consumer.installed, { recursive: true })
  const inside = files.filter((file) => /\.(js|ts)$/.test(file))
  await consumer.write({
    'inside.js': `
const found = []
for (const file of ${JSON.stringify(inside)}) {
  for (const specifier of ['gvent/' + file, 'gvent/' + file.replace(/^dist\\/|\\.js$/g, '')]) {
    try {
      import.meta.resolve(specifier)
      found.push(specifier)
    } catch (error) {
      if (error.code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error
    }
  }
}
console.log(found.sort().join(' '))
`,
  })
  assert.ok(inside.length > 10, 'the package holds modules')
  // What a public entry is called after its folder resolves; nothing else does.
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { exports: object }
  const found = (await consumer.node('inside.js')).split(/\s/).filter(Boolean)
  assert.deepEqual(
    found.filter((specifier) => !Object.keys(exports).includes(specifier.replace('gvent', '.'))),
    [],
  )
})

test("gvent's own private names do not resolve outside of it", async () => {
  await consumer.write({ 'private.js': `import.meta.resolve('#scheduler/kernel/hub')` })
  await assert.rejects(consumer.node('private.js'), /ERR_PACKAGE_IMPORT_NOT_DEFINED/)
})
