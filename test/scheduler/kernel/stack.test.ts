import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Greenlet, sleep, spawn } from 'gvent/scheduler'
import { startProgram } from '../../io/program.js'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()

/** What becomes of spawns, kills and reports while `Error` is in the state that `change` puts it in. */
async function withError(change: () => () => void): Promise<{ spawnedAt: string; report: string }> {
  const restore = change()
  let parked: Greenlet
  try {
    parked = spawn(() => sleep(Infinity))
    spawn(function* failing() {
      yield
      throw new Error('failed')
    })
    await quiet()
    await parked.kill()
    return { spawnedAt: parked.spawnedAt, report: host.takeReports().join() }
  } finally {
    restore()
  }
}

function setError(key: 'stackTraceLimit' | 'prepareStackTrace', value: unknown): () => () => void {
  return () => {
    const before = Reflect.get(Error, key) as unknown
    Reflect.set(Error, key, value)
    return () => void Reflect.set(Error, key, before)
  }
}

test("the program's own limit of stacks is left alone, and does not cut off those of spawns", async () => {
  for (const limit of [0, 1, 100, Infinity, undefined]) {
    const { spawnedAt } = await withError(setError('stackTraceLimit', limit))
    assert.match(spawnedAt, /stack\.test/)
    const restore = setError('stackTraceLimit', limit)()
    spawn(() => undefined)
    assert.equal(Error.stackTraceLimit, limit)
    restore()
  }
})

test("a program's own rendering of stacks may give anything, or raise an error: reports come all the same", async () => {
  const renderings = [
    () => 'one line',
    (_error: Error, frames: unknown[]) => frames,
    () => undefined,
    () => {
      throw new Error('rendering failed')
    },
  ]
  for (const rendering of renderings) {
    const { spawnedAt, report } = await withError(setError('prepareStackTrace', rendering))
    assert.equal(spawnedAt, '')
    assert.match(report, /"failing"> ended with an error/)
  }
})

test('where the intrinsics of the language are frozen, greenlets run, and know where they were spawned', async () => {
  const { ended } = startProgram([
    '--frozen-intrinsics',
    '--no-warnings',
    '--input-type=module',
    '--eval',
    `
    import { spawn, sleep } from 'gvent'
    function spawnHere() { return spawn(function* () { yield* sleep(1); return 'done' }) }
    const greenlet = spawnHere()
    console.log(await greenlet, /at spawnHere/.test(greenlet.spawnedAt))`,
  ])
  assert.deepEqual(await ended, { code: 0, signal: null, stdout: 'done true\n', stderr: '' })
})

test('of a hundred thousand spawned at once, the first thousand know where, and nobody waits for it', async () => {
  const greenlets = Array.from({ length: 100_000 }, () => spawn(() => undefined))
  const known = greenlets.filter(({ spawnedAt }) => spawnedAt !== '').length
  assert.ok(known > 0 && known < 10_000, String(known))
  await quiet()
  while (!greenlets.at(-1)!.dead) await quiet()
})
