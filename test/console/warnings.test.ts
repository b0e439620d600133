import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gvent, lookInto, startTarget } from './programs.js'
import { withoutProcesses as skip } from '../io/program.js'

const folder = mkdtempSync(join(tmpdir(), 'gvent-warnings-'))

async function traced(source: string): Promise<string> {
  return lookInto(`${source}; await sleep(0); console.log('ready')`, 'ready', async (pid) => {
    const output = join(folder, `${pid}.json`)
    const { code, stdout, stderr } = await gvent('trace', '--for', '500ms', '--output', output, pid)
    assert.equal(code, 0, stderr)
    return stdout
  })
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
  await lookInto(
    `
    import { Queue, sleep, spawn } from 'gvent'
    const jobs = new Queue(undefined, { name: 'jobs' })
    spawn(function* producer() { for (;;) { jobs.putNowait(1); yield* sleep(1) } })
    await sleep(0)
    console.log('ready')`,
    'ready',
    async (pid) => {
      const { stdout, stderr } = await gvent('top', '--once', '--json', pid)
      const { things } = JSON.parse(stdout) as { things: { name: string; stats: { size: number } }[] }
      assert.match(things[0]?.name ?? '', /jobs/, stderr)
      assert.ok(things[0]!.stats.size > 0)
    },
  )
})

/** The codes of the warnings, and their texts, that top gives for a program after a while. */
async function warned(source: string, time: string): Promise<{ code: string; text: string }[]> {
  return lookInto(`${source}; console.log('ready')`, 'ready', async (pid) => {
    const { stdout, stderr } = await gvent('top', '--once', '--json', '--for', time, pid)
    assert.notEqual(stdout, '', stderr)
    return (JSON.parse(stdout) as { warnings: { code: string; text: string }[] }).warnings
  })
}

test('one that runs for long without a wait is a warning; many short steps are none', { skip }, async () => {
  const spin = (milliseconds: number): string =>
    `for (let end = performance.now() + ${milliseconds}; performance.now() < end;);`
  const [warning, ...others] = await warned(
    `import { sleep, spawn } from 'gvent'
    spawn(function* greedy() { for (;;) { ${spin(400)} yield* sleep(100) } })`,
    '4s',
  )
  assert.equal(warning!.code, 'GVENT_RAN_LONG')
  assert.match(warning!.text, /^greedy #1 (?:ran|has been running) for \d+ ms without waiting$/)
  assert.ok(others.every(({ code }) => code === 'GVENT_RAN_LONG'))
  const none = await warned(
    `import { spawn } from 'gvent'
    function* modest() { for (;;) { ${spin(1)} yield } }
    spawn(modest); spawn(modest)`,
    '1s',
  )
  assert.deepEqual(
    none.filter(({ code }) => code === 'GVENT_RAN_LONG'),
    [],
  )
})

test(
  'a kill that was caught is a warning; a cleanup in a shield, and one that has just begun, are none',
  { skip },
  async () => {
    const killed = (name: string, cleanup: string): string => `
    const ${name} = spawn(function* ${name}() {
      try { yield* sleep(3_600_000) } finally { ${cleanup} }
    })
    await sleep(0)
    ${name}.kill({ grace: 3_600_000 })`
    const warnings = await warned(
      `import { shield, sleep, spawn } from 'gvent'
    ${killed('stubborn', 'yield* sleep(3_600_000)')}
    ${killed('shielded', 'yield* shield(function* () { yield* sleep(3_600_000) })')}
    ${killed('quick', 'for (;;) yield* sleep(50)')}`,
      '3s',
    )
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['GVENT_SWALLOWED_KILL'],
    )
    assert.match(
      warnings[0]!.text,
      /^stubborn #1 was killed and waits for sleep\(3600000\) for [\d.]+ s: something caught/,
    )
  },
)

test(
  'a lock that is held over a wait is none where few wait for it and not for long, or its holder waits for a lock',
  { skip },
  async () => {
    const warnings = await warned(
      `import { Lock, sleep, spawn } from 'gvent'
    const [outer, inner] = [new Lock({ name: 'outer' }), new Lock({ name: 'inner' })]
    spawn(function* slow() { yield* inner.acquire(); yield* sleep(3_600_000) })
    spawn(function* nested() { yield* outer.acquire(); yield* inner.acquire() })
    function* waits() { yield* outer.acquire() }
    for (let count = 0; count < 12; count++) spawn(waits)
    const brief = new Lock({ name: 'brief' })
    function* turns() { for (;;) { const permit = yield* brief.acquire(); yield* sleep(1); permit.release() } }
    for (let count = 0; count < 5; count++) spawn(turns)`,
      '2s',
    )
    // The one at the end of the chain is the cause of it all.
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['GVENT_HELD_OVER_WAIT'],
    )
    assert.match(warnings[0]!.text, /^1 waits for Lock "inner", .* it is held by slow #1, which has waited for sleep/)
  },
)

test(
  'a group that only grows is a warning of top, with the place; one that comes and goes is none',
  { skip },
  async () => {
    const warnings = await warned(
      `import { Event, sleep, spawn } from 'gvent'
    const never = new Event()
    spawn(function* leaks() { for (;;) { spawn(function* left() { yield* never.wait() }); yield* sleep(20) } })
    spawn(function* bursts() {
      for (;;) {
        for (let count = 0; count < 40; count++) spawn(function* short() { yield* sleep(1500) })
        yield* sleep(3000)
      }
    })`,
      '13s',
    )
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['GVENT_GROUP_GROWS'],
    )
    assert.match(warnings[0]!.text, /^left only grows: \d+ alive, \d+ more in \d+ s {3}\(\S+:\d+\)$/)
  },
)

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
