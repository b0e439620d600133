import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { root } from './consumer.js'

/*
 * What a program pays before its first line runs. Times are for benchmarks; they follow from the files that are opened, the
 * bytes that are parsed, and the modules of Node's that are loaded.
 */
const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...env } = process.env
let folder: string

before(async () => {
  // In the package's own folder, so that the program finds the package by its name.
  folder = await mkdtemp(join(root, 'build', 'start-'))
})
after(() => rm(folder, { recursive: true }))

async function run(command: string, args: string[], more: NodeJS.ProcessEnv = {}): Promise<string> {
  return (await promisify(execFile)(command, args, { cwd: folder, env: { ...env, ...more } })).stdout
}

/** The files that a program opens which imports a name of `entry`. */
async function filesOf(entry: string): Promise<string[]> {
  const program = join(folder, 'program.mjs')
  await writeFile(program, `import { spawn } from '${entry}'\nif (typeof spawn !== 'function') throw new Error()\n`)
  return opened(program)
}

/** The files that Node opens to run a program. */
async function opened(...command: string[]): Promise<string[]> {
  const coverage = await mkdtemp(join(tmpdir(), 'gvent-start-'))
  try {
    await run(process.execPath, command, { NODE_V8_COVERAGE: coverage })
    const [report] = await readdir(coverage)
    const { result } = JSON.parse(await readFile(join(coverage, report!), 'utf8')) as { result: { url: string }[] }
    return result.filter(({ url }) => url.startsWith('file:')).map(({ url }) => fileURLToPath(url))
  } finally {
    await rm(coverage, { recursive: true })
  }
}

const budgets = [
  { entry: 'gvent', files: 5, bytes: 207_000, instructions: 63_000_000 },
  { entry: 'gvent/scheduler', files: 4, bytes: 168_000, instructions: 51_500_000 },
]
for (const { entry, files, bytes } of budgets) {
  test(`to import ${entry} opens at most ${files} files, of at most ${bytes} bytes`, async () => {
    const found = await filesOf(entry)
    assert.ok(found.length > 1 && found.length <= files, found.join('\n'))
    const sizes = await Promise.all(found.map(async (file) => (await stat(file)).size))
    const sum = sizes.reduce((a, b) => a + b)
    assert.ok(sum <= bytes, `${sum} bytes`)
  })
}

test('gvent fetch opens at most 12 files, of at most 400000 bytes', async () => {
  const server = createServer((_request, response) => response.end('page')).listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const command = join(root, 'dist', 'bundles', 'gvent.js')
    const files = await opened(command, 'fetch', '-q', `http://127.0.0.1:${port}/`)
    assert.ok(files.length > 5 && files.length <= 12, files.join('\n'))
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
    const sum = sizes.reduce((a, b) => a + b)
    assert.ok(sum <= 400_000, `${sum} bytes: ${files.join('\n')}`)
  } finally {
    server.close()
  }
})

const valgrind = spawnSync('valgrind', ['--version']).status === 0
const isOld = Number(process.versions.node.split('.')[0]) < 24
// Older ones compile modules of their own meanwhile.
const skip = isOld ? 'Node 24 and later' : !valgrind && 'valgrind is not here: apt-get install valgrind'
for (const { entry, instructions } of budgets) {
  test(`to import ${entry} takes at most ${instructions / 1e6} million instructions`, { skip }, async () => {
    const [empty, importing] = await Promise.all(['', `import '${entry}'`].map(instructionsOf))
    const taken = importing! - empty!
    assert.ok(taken > 1_000_000 && taken <= instructions, `${taken} instructions`)
  })
}

async function instructionsOf(program: string): Promise<number> {
  // With one thread and one seed each run takes the same.
  const flags = ['--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1', '--input-type=module']
  const command = ['--tool=callgrind', '--callgrind-out-file=/dev/null', process.execPath, ...flags, '--eval', program]
  const { stderr } = await promisify(execFile)('valgrind', command, { cwd: folder, env })
  return Number(/Collected : (\d+)/.exec(stderr)![1])
}

test('to import gvent loads no module of Node that takes long to load', async () => {
  const program = `import 'gvent'
    const slow = /^NativeModule (_?http|https|net|tls|dns|dgram|zlib|crypto|child_process|cluster|worker_threads|inspector|perf_hooks|stream|fs\\/promises|vm|v8)$/
    console.log(process.moduleLoadList.filter((name) => slow.test(name)).join())`
  const empty = program.replace(`import 'gvent'`, '')
  const [loaded, before] = await Promise.all(
    [program, empty].map((text) => run(process.execPath, ['--input-type=module', '--eval', text])),
  )
  assert.deepEqual(
    loaded!
      .trim()
      .split(',')
      .filter((name) => !before!.includes(name)),
    [],
  )
})

test('gvent starts with 64 descriptors', { skip: process.platform === 'win32' && 'there is no ulimit' }, async () => {
  const program = "import { run, sleep } from 'gvent'; await run(() => sleep(1)); console.log('ended')"
  const command = `ulimit -n 64; exec "$0" --input-type=module --eval "$1"`
  assert.equal(await run('sh', ['-c', command, process.execPath, program]), 'ended\n')
})

test('all entries share one hub and one class of each name', async () => {
  const program = `import { getHub, Greenlet, spawn } from 'gvent'
    import * as scheduler from 'gvent/scheduler'
    import * as io from 'gvent/io'
    import { greenletOf } from 'gvent/async/runtime'
    import { simulate } from 'gvent/testing'
    import 'gvent/monkey/all'
    console.log(scheduler.getHub() === getHub(), scheduler.Greenlet === Greenlet, 'fetch' in io)
    await simulate(function* () { console.log(spawn(function* () {}) instanceof scheduler.Greenlet) })
    console.log(typeof greenletOf)`
  const printed = await run(process.execPath, ['--input-type=module', '--eval', program])
  assert.equal(printed, 'true true true\ntrue\nfunction\n')
})

test('classes and functions of a part that is loaded late are those of the part', async () => {
  const program = `import { HTTPServer, HTTPRequestHandler, RateLimiter, Response, retry, spawn, subprocess } from 'gvent'
    class Own extends HTTPServer { address() { return [super.address(), 'own'] } }
    const own = new Own({ port: 0 }, () => new Response(''))
    const server = new HTTPServer({ port: 0 }, () => new Response(''))
    console.log(own instanceof Own, own instanceof HTTPServer, Object.getPrototypeOf(Own) === HTTPServer)
    console.log(own.constructor === Own, server.constructor === HTTPServer, server instanceof Own)
    console.log(HTTPServer.name, retry.name, Object.getOwnPropertyNames(HTTPServer).includes('prototype'))
    console.log(own.address().at(-1), {} instanceof HTTPRequestHandler, 'prototype' in subprocess.Popen)
    for (const fail of [() => HTTPServer(), () => new RateLimiter(-1), () => new HTTPServer({ prot: 1 }, () => 0)]) {
      try { fail() } catch ({ message, stack }) { console.log(message.slice(0, 39), stack.includes('bundles')) }
    }
    console.log(String(await spawn(() => subprocess.run(['echo', 'ran'])).then(({ stdout }) => stdout)).trim())`
  const printed = await run(process.execPath, ['--input-type=module', '--eval', program])
  assert.deepEqual(printed.trim().split('\n'), [
    'true true true',
    'true true false',
    'HTTPServer retry true',
    'own false true',
    // The engine says that one.
    'Class constructor HTTPServer cannot be  true',
    'new RateLimiter(options): expected opti false',
    'new HTTPServer: there is no option `pro false',
    'ran',
  ])
})

test('a second copy of gvent does not slow the first', async () => {
  const copy = join(folder, 'copy')
  await cp(join(root, 'dist'), join(copy, 'dist'), { recursive: true })
  await cp(join(root, 'package.json'), join(copy, 'package.json'))
  const program = `import { getHub, run, sleep } from 'gvent'
    const second = await import(${JSON.stringify(pathToFileURL(join(copy, 'dist', 'bundles', 'index.js')).href)})
    await run(() => sleep(1))
    await second.run(() => second.sleep(1))
    console.log(second.getHub() === getHub(), getHub().platform.contexts, second.getHub().platform.contexts)`
  const printed = await run(process.execPath, ['--input-type=module', '--eval', program])
  // With contexts, each step costs what it takes to enter one.
  assert.equal(printed, 'false undefined undefined\n')
})
