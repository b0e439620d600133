import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, getCurrent, race, sleep, spawn, withTimeout, type Coroutine } from 'gvent'
import { simulate } from 'gvent/testing'
import { startProgram } from '../../io/program.js'

/** Runs a program to its end. @returns what it printed, on stderr too, and its exit status. */
async function outputOf(source: string): Promise<string> {
  const { code, stdout, stderr } = await startProgram(
    `import { Event, Queue, run, sleep, spawn, withTimeout } from 'gvent'\n${source}`,
  ).ended
  return `${stdout}${stderr}${code}`
}

const ticker = `
const ticker = spawn(function* () {
  for (let tick = 1; ; tick++) {
    console.log('tick', tick)
    yield* sleep(20)
  }
})
`

test('a program ends while a daemon sleeps, waits or has a time limit, and reports nothing', async () => {
  const waits = [
    'sleep(3_600_000)',
    'new Queue().get()',
    'new Event().wait({ timeout: 3_600_000 })',
    'withTimeout(3_600_000, sleep(Infinity))',
  ]
  const daemons = waits.map((wait) => `spawn(() => ${wait}).daemon = true`)
  assert.equal(await outputOf(`${daemons.join('\n')}\nsetTimeout(() => console.log('end'), 20)`), 'end\n0')
})

test('what a daemon spawns and calls is a daemon', async () => {
  const source = `
    spawn(function* () {
      spawn(() => sleep(3_600_000))
      yield* withTimeout(3_600_000, sleep(Infinity))
    }).daemon = true
    await sleep(1)
    console.log('end')`
  assert.equal(await outputOf(source), 'end\n0')
  await simulate(function* () {
    const daemon = spawn(function* () {
      assert.equal(getCurrent()!.daemon, true)
      yield* race([call(() => assert.equal(getCurrent()!.daemon, true)), sleep(5)])
      return yield* spawn(() => getCurrent()!.daemon)
    })
    daemon.daemon = true
    assert.equal(yield* daemon, true)
    assert.equal(getCurrent()!.daemon, false)
  })
})

test('who waits for a daemon keeps the program alive: a greenlet, and the script', async () => {
  const daemon = `const daemon = spawn(function* () { yield* sleep(30); yield* sleep(30); return 'done' })\ndaemon.daemon = true\n`
  assert.equal(await outputOf(`${daemon}console.log(await daemon)`), 'done\n0')
  assert.equal(await outputOf(`${daemon}spawn(function* () { console.log(yield* daemon) })`), 'done\n0')
  const queue = `const queue = new Queue()
    const producer = spawn(function* () { yield* sleep(30); yield* queue.put('item') })
    producer.daemon = true
    console.log(await run(() => queue.get()))`
  assert.equal(await outputOf(queue), 'item\n0')
})

test('while something else goes on, the timers of daemons ring', async () => {
  const output = await outputOf(`${ticker}ticker.daemon = true\nawait run(() => sleep(90))\nconsole.log('end')`)
  assert.match(output, /^tick 1\ntick 2\n(?:tick \d+\n)*end\n0$/)
})

test('a sleep with { ref: false } lets the program end', async () => {
  assert.equal(
    await outputOf(`spawn(() => sleep(3_600_000, { ref: false }))\nsetTimeout(() => console.log('end'), 5)`),
    'end\n0',
  )
  assert.equal(await outputOf(`await sleep(20, { ref: false })\nconsole.log('end')`), 'end\n0')
})

test('who waits for what no daemon will bring about is reported', async () => {
  const output = await outputOf(`spawn(() => new Queue().get()).daemon = true\nspawn(() => new Event().wait())`)
  assert.match(output, /^Deadlock: a greenlet waits, but no timer[^]*Event.wait[^]*1$/)
  assert.doesNotMatch(output, /Queue/)
})

test('in a simulation daemons are killed when nothing else is left', async () => {
  const log: string[] = []
  await simulate(function* () {
    const background = function* (): Coroutine<void> {
      try {
        for (;;) yield* sleep(1000)
      } finally {
        log.push('cleaned up')
      }
    }
    spawn(background).daemon = true
    spawn(() => sleep(5_000, { ref: false }))
    yield* sleep(10)
  })
  assert.deepEqual(log, ['cleaned up'])
})

test('one that waits already cannot become a daemon', async () => {
  await simulate(function* () {
    const sleeper = spawn(() => sleep(5))
    yield* sleep(1)
    assert.throws(() => {
      sleeper.daemon = true
    }, /it is already waiting; set it right after spawn\(\)/)
    assert.equal(sleeper.daemon, false)
    yield* withTimeout(10, sleeper)
  })
})
