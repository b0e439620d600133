import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blocked, gvent, jam, lookInto } from '../console/programs.js'
import { withoutProcesses as skip } from '../io/program.js'

interface Reading {
  protocol: number
  pid: number
  counts: { alive: number }
  rates: { made: number }
  warnings: { code: string; text: string }[]
  groups: { key: string; name: string; alive: number; waits: [string, number][] }[]
  busy: Record<string, number>
  graph: { blockers: { name: string; waiters: number; subject: string }[] }
  things: { kind: string; waiting: number; stats: Record<string, unknown> }[]
}

test('top --once names the jam first, then the numbers, then the groups', { skip }, async () => {
  await lookInto(jam, 'jammed', async (pid) => {
    const { code, stdout, stderr } = await gvent('top', '--once', pid)
    assert.equal(code, 0, stderr)
    const lines = stdout.split('\n')
    assert.match(lines[0]!, new RegExp(`^gvent top ${pid}  node `))
    assert.match(lines[1]!, /^! 20 wait for .*Lock "accounts".*held by nightlyReport #1, which has waited for sleep/)
    assert.match(lines[2]!, /^alive 21 /)
    assert.match(lines[3]!, /^GROUP +ALIVE +\+10s +BUSY% +OLDEST +MOSTLY WAITS FOR +PLACE$/)
    assert.match(lines[4]!, /^request +20 .*Lock "accounts"\.acquire/)
  })
})

test('top --once --json is the snapshot', { skip }, async () => {
  await lookInto(jam, 'jammed', async (pid) => {
    const { stdout, stderr } = await gvent('top', '--once', '--json', pid)
    const reading = JSON.parse(stdout) as Reading
    assert.equal(reading.protocol, 1, stderr)
    assert.equal(reading.pid, pid)
    assert.equal(reading.counts.alive, 21)
    assert.deepEqual(
      reading.warnings.map(({ code }) => code),
      ['GVENT_HELD_OVER_WAIT'],
    )
    assert.deepEqual(
      reading.groups.map(({ name, alive }) => [name, alive]),
      [
        ['request', 20],
        ['nightlyReport', 1],
      ],
    )
    assert.equal(reading.graph.blockers[0]!.waiters, 20)
    assert.equal(reading.things[0]!.kind, 'Lock')
    assert.equal(reading.things[0]!.stats['waiting'], 20)
  })
})

test('locks that wait for each other in a circle are a warning', { skip }, async () => {
  await lookInto(
    `
    import { Lock, sleep, spawn } from 'gvent'
    const [a, b] = [new Lock({ name: 'a' }), new Lock({ name: 'b' })]
    spawn(function* one() { yield* a.acquire(); yield* sleep(0); yield* b.acquire() })
    spawn(function* two() { yield* b.acquire(); yield* sleep(0); yield* a.acquire() })
    setInterval(() => {}, 1000)
    await sleep(5)
    console.log('locked')`,
    'locked',
    async (pid) => {
      const { stdout, stderr } = await gvent('top', '--once', '--json', pid)
      const { warnings } = JSON.parse(stdout) as Reading
      assert.equal(warnings[0]?.code, 'GVENT_WAIT_CYCLE', stderr)
      assert.match(warnings[0].text, /(?:one|two) #\d waits for .*; (?:one|two) #\d waits for/)
    },
  )
})

test('top on a process that is blocked says so, and what shows where', { skip }, async () => {
  await lookInto(blocked, 'blocked', async (pid) => {
    const { code, stderr } = await gvent('top', '--once', pid)
    assert.equal(code, 1)
    assert.match(stderr, /gvent top: process \d+ is blocked/)
    assert.match(stderr, new RegExp(`npx gvent dump ${pid} says where`))
  })
})

test('what a greenlet is called does not reach the terminal as a command', { skip }, async () => {
  await lookInto(
    `
    import { sleep, spawn } from 'gvent'
    spawn(Object.defineProperty(function* () { yield* sleep(3_600_000) }, 'name', { value: '\\u001b[31mred' }))
    await sleep(0)
    console.log('ready')`,
    'ready',
    async (pid) => {
      const { stdout } = await gvent('top', '--once', pid)
      assert.match(stdout, /\n\?\[31mred /)
    },
  )
})

test('--json without --once is a mistake, and so is a picture for no terminal', async () => {
  const json = await gvent('top', '--json', 1)
  assert.equal(json.code, 2)
  assert.match(json.stderr, /--json goes with --once/)
  const piped = await gvent('top', 1)
  assert.equal(piped.code, 2)
  assert.match(piped.stderr, /add --once/)
})
