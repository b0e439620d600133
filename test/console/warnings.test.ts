import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gvent, startTarget } from './programs.js'

const skip = existsSync('/proc/self/status') ? false : 'needs /proc'
const folder = mkdtempSync(join(tmpdir(), 'gvent-warnings-'))

async function traced(source: string): Promise<string> {
  const { child, printed } = startTarget(`${source}; await sleep(0); console.log('ready')`)
  try {
    await printed('ready')
    const output = join(folder, `${child.pid!}.json`)
    const { code, stdout, stderr } = await gvent('trace', '--for', '500ms', '--output', output, child.pid!)
    assert.equal(code, 0, stderr)
    return stdout
  } finally {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
}

test('one that is woken again and again without progress is a warning of gvent trace', { skip }, async () => {
  for (const wait of ['yield', 'yield* sleep(0)']) {
    const stdout = await traced(`
      import { sleep, spawn } from 'gvent'
      spawn(function* impatient() { for (;;) ${wait} })`)
    const text =
      /^! impatient #1 was woken [\d,]+ times a second and waited for yield again, without progress {2}\[GVENT_NO_PROGRESS\]\n/
    assert.match(stdout, text)
  }
})

test('a fast consumer of a queue, and one that works between its waits, are none', { skip }, async () => {
  const stdout = await traced(`
    import { Queue, Semaphore, sleep, spawn } from 'gvent'
    const queue = new Queue(1)
    spawn(function* producer() { for (let item = 0; ; item++) yield* queue.put(item) })
    spawn(function* consumer() { for (;;) yield* queue.get() })
    spawn(function* worker() { for (;;) { for (let end = performance.now() + 0.5; performance.now() < end;); yield } })`)
  assert.doesNotMatch(stdout, /GVENT/)
})

test('a queue is found into which somebody puts, though nobody waits for it', { skip }, async () => {
  const { child, printed } = startTarget(`
    import { Queue, sleep, spawn } from 'gvent'
    const jobs = new Queue(undefined, { name: 'jobs' })
    spawn(function* producer() { for (;;) { jobs.putNowait(1); yield* sleep(1) } })
    await sleep(0)
    console.log('ready')`)
  try {
    await printed('ready')
    const { stdout, stderr } = await gvent('top', '--once', '--json', child.pid!)
    const { things } = JSON.parse(stdout) as { things: { name: string; stats: { size: number } }[] }
    assert.match(things[0]?.name ?? '', /jobs/, stderr)
    assert.ok(things[0]!.stats.size > 0)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
})

test('a greenlet that was found lost is a warning', { skip }, async () => {
  const { child, printed } = startTarget(
    `
    import { Event, sleep, spawn } from 'gvent'
    spawn(function* forgotten() { yield* new Event().wait() })
    setInterval(() => gc(), 10)`,
    { GVENT_LOST: '1' },
    '--expose-gc',
  )
  try {
    await printed('is lost', 'stderr')
    const { stdout, stderr } = await gvent('top', '--once', '--json', child.pid!)
    const { warnings } = JSON.parse(stdout) as { warnings: { code: string; text: string }[] }
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['GVENT_LOST'],
      stderr,
    )
    assert.match(warnings[0]!.text, /"forgotten" waiting for .* is lost/)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
})
