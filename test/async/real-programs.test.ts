import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { startRedis, withoutRedis } from '../ecosystem/redis-server.js'
import type { ServerProgram } from '../io/servers/server-program.js'
import { startNats, withoutNats } from '../jobs/nats-server.js'
import { node, type Ended } from './project.js'

// In the package's own folder, so that programs find what it has installed.
const folder = mkdtempSync(join(fileURLToPath(new URL('../../..', import.meta.url)), 'programs-'))
after(() => {
  rmSync(folder, { recursive: true })
})
/** Whether there is time for more than the most: `npm run test:programs`. */
const all = process.env['npm_lifecycle_event'] === 'test:programs'
const withGvent = ['--import', import.meta.resolve('gvent/async')]

interface Program {
  readonly name: string
  readonly file: string
  /** Starts the server that it needs. */
  readonly start?: () => Promise<ServerProgram>
  readonly skip?: string | false
}

const programs: readonly Program[] = [
  { name: 'a shop on Express', file: 'express.mjs' },
  { name: 'a service on Fastify', file: 'fastify.mjs' },
  { name: 'an application of NestJS', file: 'nest.mts' },
  { name: 'an application on Hono', file: 'hono.mjs' },
  { name: 'a worker on BullMQ', file: 'bullmq.mjs', start: () => startRedis(), skip: withoutRedis },
  { name: 'a worker on NATS', file: 'nats.mjs', start: startNats, skip: withoutNats },
  { name: 'a crawler with cheerio and p-queue', file: 'crawler.mjs' },
]

const tsconfig = {
  compilerOptions: { target: 'es2022', module: 'esnext', experimentalDecorators: true, emitDecoratorMetadata: true },
}

/** Puts a program into a project of its own, whose package.json says which packages are compiled, too. */
function install({ file }: Program, name: string, packages: readonly string[]): string {
  const project = join(folder, name)
  mkdirSync(project, { recursive: true })
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', gvent: { async: packages } }))
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(tsconfig))
  const source = readFileSync(new URL(`real-programs/${file}`, import.meta.url), 'utf8')
  writeFileSync(join(project, file), source)
  // As it is built for engines that know no decorators.
  if (file.endsWith('.mts'))
    writeFileSync(join(project, file.replace('.mts', '.mjs')), ts.transpileModule(source, tsconfig as never).outputText)
  return project
}

async function run(program: Program, project: string, file: string, flags: readonly string[]): Promise<Ended> {
  const server = await program.start?.()
  try {
    return await node(project, [...flags, file, ...(server === undefined ? [] : [String(server.port)])])
  } finally {
    await server?.stop()
  }
}

for (const program of programs) {
  const { name, file, skip = false } = program
  test(`${name} answers and logs as natively, with its packages compiled, too`, { skip }, async () => {
    const own = install(program, `own-${file}`, [])
    const whole = install(program, `all-${file}`, ['*'])
    const built = file.replace('.mts', '.mjs')
    const natively = await run(program, own, built, [])
    assert.deepEqual([natively.code, natively.stderr], [0, ''])
    assert.ok(natively.stdout.split('\n').length > 5, natively.stdout)
    assert.deepEqual(await run(program, whole, built, withGvent), natively)
    if (!all) return
    assert.deepEqual(await run(program, own, built, withGvent), natively)
    if (built !== file) assert.deepEqual((await run(program, own, file, withGvent)).stdout, natively.stdout)
  })
}
