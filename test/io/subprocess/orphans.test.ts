import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from 'gvent'
import { startProgram } from '../program.js'
import { gone } from './processes.js'

/** Starts a family and prints the numbers of its members. */
const family = `
  import { run, sleep, subprocess } from 'gvent'
  const process = new subprocess.Popen(['sh', '-c', 'sleep 1000 & echo $$ $!; exec sleep 1000'])
  console.log('family', await process.stdout.readLine())
`

function membersOf(stdout: string): number[] {
  const members = /family (\d+) (\d+)/.exec(stdout)!.slice(1).map(Number)
  assert.equal(members.length, 2)
  return members
}

async function assertGone(stdout: string): Promise<void> {
  for (const pid of membersOf(stdout)) await run(() => gone(pid))
}

for (const [name, end] of [
  ['exits', 'globalThis.process.exit(3)'],
  ['fails', `throw new Error('failed')`],
] as const) {
  test(`processes end with a program that ${name}`, async () => {
    const { stdout } = await startProgram(`${family}; ${end}`).ended
    await assertGone(stdout)
  })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`processes end with a program that ${signal} ends`, async () => {
    const { child, printed, ended } = startProgram(`${family}; console.log('waits')`)
    await printed('waits')
    child.kill(signal)
    const { signal: endedBy, stdout } = await ended
    assert.equal(endedBy, signal)
    await assertGone(stdout)
  })
}

test('a program that looks after a signal itself keeps its processes', async () => {
  const { child, printed, ended } = startProgram(`${family}
    globalThis.process.once('SIGHUP', () => {
      console.log(process.poll())
      process.kill()
    })
    console.log('waits')`)
  await printed('waits')
  child.kill('SIGHUP')
  const { code, stdout } = await ended
  assert.equal(code, 0)
  assert.match(stdout, /null\n$/)
})

test('a process keeps the program alive, and its listeners are gone with it', async () => {
  const { code, stdout, stderr } = await startProgram(`
    import { subprocess } from 'gvent'
    const child = new subprocess.Popen(['sh', '-c', 'exit 5'])
    console.log(process.listenerCount('SIGINT'), await child.wait(), process.listenerCount('SIGINT'))`).ended
  assert.deepEqual([code, stdout, stderr], [0, '1 5 0\n', ''])
})
