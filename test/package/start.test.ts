import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
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
  const coverage = await mkdtemp(join(tmpdir(), 'gvent-start-'))
  try {
    await run(process.execPath, [program], { NODE_V8_COVERAGE: coverage })
    const [report] = await readdir(coverage)
    const { result } = JSON.parse(await readFile(join(coverage, report!), 'utf8')) as { result: { url: string }[] }
    return result.filter(({ url }) => url.startsWith('file:')).map(({ url }) => fileURLToPath(url))
  } finally {
    await rm(coverage, { recursive: true })
  }
}

const budgets = [
  { entry: 'gvent', files: 10, bytes: 1_200_000 },
  { entry: 'gvent/scheduler', files: 10, bytes: 600_000 },
]
for (const { entry, files, bytes } of budgets) {
  test(`to import ${entry} opens at most ${files} files, of at most ${bytes} bytes`, async () => {
    const opened = await filesOf(entry)
    assert.ok(opened.length > 1 && opened.length <= files, opened.join('\n'))
    const sizes = await Promise.all(opened.map(async (file) => (await stat(file)).size))
    const sum = sizes.reduce((a, b) => a + b)
    assert.ok(sum <= bytes, `${sum} bytes`)
  })
}

test('to import gvent loads no module of Node that takes long to load', async () => {
  const program = `import 'gvent'
    const slow = /^NativeModule (_?http|https|net|tls|dns|dgram|zlib|crypto|child_process|cluster|worker_threads|inspector|stream|fs\\/promises|vm|v8)$/
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
