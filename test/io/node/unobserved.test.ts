import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProgram } from '../program.js'

async function outputOf(source: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await startProgram(source).ended
  return { code, stdout, stderr }
}

/** What ends with an error that nobody can be told of, and how the error looks that is raised. */
const losses: Record<string, { source: string; raised: RegExp }> = {
  'a greenlet that fails': {
    source: `spawn(function* () { yield; throw new RangeError('lost') })`,
    raised: /^RangeError: lost undefined$/,
  },
  'one that fails with what is no error': {
    source: `spawn(function* () { yield; throw 'lost' })`,
    raised: /^lost undefined$/,
  },
  'an instrument that fails': {
    source: `
      getHub().addInstrument({ beforeStep() { throw new RangeError('lost') } })
      spawn(() => undefined)`,
    raised: /^Error: an instrument failed RangeError: lost$/,
  },
  'an operation that cannot be given up': {
    source: `
      const greenlet = spawn(() => suspend(() => () => { throw new RangeError('lost') }))
      setImmediate(() => greenlet.kill())`,
    raised: /^Error: .*giving up a wait failed RangeError: lost$/,
  },
}

for (const [name, { source, raised }] of Object.entries(losses)) {
  test(`${name}: those who listen for unhandled rejections get the error, once, and it is not reported`, async () => {
    const { code, stdout, stderr } = await outputOf(`
      import { getHub, spawn, suspend } from 'gvent'
      process.on('unhandledRejection', (error) => console.log(String(error), String(error?.cause)))
      ${source}`)
    assert.match(stdout.trimEnd(), raised)
    assert.deepEqual([code, stderr], [1, ''])
  })

  test(`${name}: where nobody listens it is reported`, async () => {
    const { code, stdout, stderr } = await outputOf(`
      import { getHub, spawn, suspend } from 'gvent'
      ${source}`)
    assert.match(stderr, /lost/)
    assert.equal(stderr.split('lost').length, 2)
    assert.deepEqual([code, stdout], [1, ''])
  })
}

test('hub.onError goes first: what it takes reaches no listener', async () => {
  const { stdout, stderr } = await outputOf(`
    import { hub, spawn } from 'gvent'
    process.on('unhandledRejection', () => console.log('listener'))
    hub.onError = (error, greenlet) => console.log(greenlet.name, error.message)
    spawn(function* fails() { yield; throw new Error('seen') })`)
  assert.deepEqual([stdout, stderr], ['fails seen\n', ''])
})

test('an error that somebody observes reaches no listener', async () => {
  const { code, stdout, stderr } = await outputOf(`
    import { spawn } from 'gvent'
    process.on('unhandledRejection', () => console.log('listener'))
    await spawn(function* () { yield; throw new Error('seen') }).catch(() => undefined)`)
  assert.deepEqual([code, stdout, stderr], [0, '', ''])
})

test('a listener that raises the error ends the program, as with a promise', async () => {
  const { code, stderr } = await outputOf(`
    import { spawn } from 'gvent'
    process.on('unhandledRejection', (error) => { throw error })
    spawn(function* () { yield; throw new Error('lost') })
    setTimeout(() => {}, 60_000)`)
  assert.equal(code, 1)
  assert.match(stderr, /error: lost/i)
})

for (const [name, prevents, reports] of [
  ['gets the error, which is reported', '', 1],
  ['that prevents the default gets it, and it is not reported', 'event.preventDefault()', 0],
] as const) {
  test(`in a browser a listener for errors ${name}`, async () => {
    const { stdout, stderr } = await outputOf(`
      const target = new EventTarget()
      globalThis.dispatchEvent = (event) => target.dispatchEvent(event)
      globalThis.ErrorEvent = class extends Event {
        constructor(type, { error, message, ...options }) {
          super(type, options)
          Object.assign(this, { error, message })
        }
      }
      target.addEventListener('error', (event) => { console.log(event.message, event.error.name); ${prevents} })
      const { spawn } = await import('#scheduler/index')
      spawn(function* () { yield; throw new RangeError('lost') })`)
    assert.equal(stdout, 'lost RangeError\n')
    assert.equal(stderr.split('RangeError: lost').length - 1, reports)
  })
}

/** Runs tests in a process of their own. */
async function runTests(
  source: string,
): Promise<{ code: number | null; results: string[]; stdout: string; stderr: string }> {
  const args = ['--test-reporter=tap', '--input-type=module', '--eval', `import { test } from 'node:test'\n${source}`]
  const { code, stdout, stderr } = await startProgram(args).ended
  return { code, results: stdout.match(/^(not )?ok .*/gm) ?? [], stdout, stderr }
}

test('a deadlock fails its test of node:test, is reported, and the tests after it run', async () => {
  const { code, results, stdout, stderr } = await runTests(`
    import { Queue, run, sleep } from 'gvent'
    test('before', () => run(() => sleep(1)))
    test('deadlock', () => run(function* main() { yield* new Queue(Infinity, { name: 'jobs' }).get() }))
    test('after', () => run(() => sleep(1)))
    test('another deadlock', async () => await new Queue().get())
    test('the last', () => run(() => sleep(1)))`)
  assert.equal(code, 1)
  assert.deepEqual(results, [
    'ok 1 - before',
    'not ok 2 - deadlock',
    'ok 3 - after',
    'not ok 4 - another deadlock',
    'ok 5 - the last',
  ])
  assert.match(stderr + stdout, /Deadlock: a greenlet waits, but no timer[^]*"main"[^]*Queue "jobs"\.get/)
  assert.match(stdout, /LoopExit/)
})

test('an error that is lost in a test of node:test makes the run fail', async () => {
  const { code, stdout } = await runTests(`
    import { spawn, sleep } from 'gvent'
    test('loses an error', async () => {
      spawn(function* () { yield; throw new RangeError('lost') })
      await sleep(10)
    })`)
  assert.equal(code, 1)
  assert.match(stdout, /RangeError/)
})
