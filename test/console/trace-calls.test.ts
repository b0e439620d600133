import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Lock, sleep, spawn, type Coroutine } from 'gvent'
import { start } from 'gvent/async/runtime'
import { startProgram } from '../io/program.js'
import { readTrace, recordTo, statesOf, type TraceEvent } from './chrome-trace.js'

const skip = 'Deno' in globalThis || 'Bun' in globalThis
const folder = mkdtempSync(join(tmpdir(), 'gvent-trace-'))

const record = (name: string, program: () => PromiseLike<unknown>): Promise<TraceEvent[]> =>
  recordTo(join(folder, name), program)

test('a greenlet that runs a compiled async function shows what its awaits are for', async () => {
  const lock = new Lock({ name: 'accounts' })
  const events = await record('own.json', async () => {
    const holder = spawn(function* holder() {
      const permit = yield* lock.acquire()
      yield* sleep(3)
      permit.release()
    })
    await sleep(0)
    function* load(): Generator {
      const permit = (yield lock.acquire()) as { release(): void }
      yield sleep(2)
      permit.release()
      return 'loaded'
    }
    const loader = spawn(() => start(load, undefined, []) as unknown as Coroutine<string>)
    loader.name = 'loader'
    assert.equal(await loader, 'loaded')
    await holder
  })
  assert.deepEqual(statesOf(events, /^loader #/), [
    'running',
    'Lock "accounts".acquire',
    'running',
    'sleep(2)',
    'running',
    'the end of its call',
    'running',
  ])
})

test('a call that another one awaits, or that no greenlet made, has a track of its own', async () => {
  const events = await record('calls.json', async () => {
    function* inner(): Generator {
      yield sleep(1)
      yield sleep(2)
    }
    function* outer(): Generator {
      yield start(inner, undefined, [])
      yield null
    }
    // One that is over at once is a part of its caller.
    function* nothing(): Generator {
      // It awaits nothing.
    }
    await Promise.all([start(outer, undefined, []), start(nothing, undefined, [])])
  })
  assert.deepEqual(statesOf(events, /^async inner #/), ['running', 'sleep(1)', 'running', 'sleep(2)', 'running'])
  assert.deepEqual(statesOf(events, /^async outer #/), ['running', 'async inner', 'running', 'a promise', 'running'])
  assert.deepEqual(statesOf(events, /nothing/), [])
})

test(
  'the calls of a program that gvent/async compiles are traced, and what is left when it is over',
  { skip },
  async () => {
    const output = join(folder, 'program.json')
    const program = join(folder, 'program.mjs')
    const url = (name: string): string => JSON.stringify(import.meta.resolve(name))
    writeFileSync(
      program,
      `import { sleep, spawn } from ${url('gvent')}
     import { trace } from ${url('gvent/console')}
     async function query(table) { await sleep(1); return table }
     async function report() {
       for (const table of ['users', 'orders']) await query(table)
     }
     async function endless() { for (;;) await sleep(3_600_000) }
     trace.start()
     endless()
     await spawn(report)
     await trace.stop(${JSON.stringify(output)})
     process.exit()`,
    )
    const { code, stderr } = await startProgram([`--import=${import.meta.resolve('gvent/async')}`, program]).ended
    assert.equal(code, 0, stderr)
    const events = readTrace(output)
    assert.deepEqual(statesOf(events, /^report #/), [
      'running',
      'async query',
      'running',
      'async query',
      'running',
      'the end of its call',
      'running',
    ])
    assert.deepEqual(statesOf(events, /^async query #/), [
      'running',
      'sleep(1)',
      'running',
      'running',
      'sleep(1)',
      'running',
    ])
    assert.deepEqual(statesOf(events, /^async endless #/), ['running', 'sleep(3600000)'])
  },
)
