import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { test } from 'node:test'
import { Event, signalHandler, sleep, waitSignal } from 'gvent'
import { greenTest, raised, start } from '../green-test.js'
import { startProgram } from '../program.js'

const listening = () => process.listenerCount('SIGHUP')

function send(): void {
  process.kill(process.pid, 'SIGHUP')
}

greenTest('waitSignal waits for a signal and says which it was; then the signal does what it did before', function* () {
  const waiting = start(() => waitSignal(['SIGHUP', constants.signals.SIGWINCH]))
  yield* sleep(0)
  assert.equal(listening(), 1)
  send()
  assert.equal(yield* waiting, 'SIGHUP')
  assert.deepEqual([listening(), process.listenerCount('SIGWINCH')], [0, 0])
})

greenTest('all who wait for a signal go on', function* () {
  const waiting = Array.from({ length: 3 }, () => start(() => waitSignal('SIGHUP')))
  yield* sleep(0)
  assert.equal(listening(), 1)
  send()
  for (const greenlet of waiting) assert.equal(yield* greenlet, 'SIGHUP')
  assert.equal(listening(), 0)
})

greenTest('a wait that is given up leaves no listener', function* () {
  const waiting = start(() => waitSignal('SIGHUP'))
  yield* sleep(0)
  yield* waiting.kill()
  assert.equal(listening(), 0)
  assert.equal(yield* waitSignal('SIGHUP', { timeout: 1 }), undefined)
  const reason = new Error('no')
  assert.equal(yield* raised(waitSignal('SIGHUP', { signal: AbortSignal.abort(reason) })), reason)
  assert.equal(listening(), 0)
})

greenTest('signalHandler runs a greenlet for each signal until it is cancelled', function* () {
  const heard: string[] = []
  const called = new Event()
  const handler = signalHandler(
    'SIGHUP',
    function* (first: string, second: number) {
      yield* sleep(0)
      heard.push(`${first} ${second}`)
      called.set()
    },
    'a',
    1,
  )
  assert.equal(handler.ref, false)
  handler.ref = true
  using _second = signalHandler('SIGHUP', () => heard.push('plain'))
  for (let round = 0; round < 2; round++) {
    called.clear()
    send()
    yield* called.wait()
  }
  assert.deepEqual(heard, ['plain', 'a 1', 'plain', 'a 1'])
  handler.cancel()
  handler.cancel()
  assert.deepEqual([listening(), handler.ref], [1, false])
})

greenTest('what is no signal, or cannot be listened to, is refused', function* () {
  const refusals: [unknown, RegExp][] = [
    ['HUP', /write 'SIGHUP'/],
    ['sigterm', /write 'SIGTERM'/],
    ['SIGFOO', /expected the name of a signal/],
    [4711, /expected the name of a signal/],
    [undefined, /expected the name of a signal/],
    ['SIGKILL', /a program cannot handle SIGKILL/],
  ]
  for (const [signal, message] of refusals) {
    assert.throws(() => void waitSignal(signal as never), message)
    assert.throws(() => signalHandler(signal as never, () => undefined), message)
  }
  assert.throws(() => signalHandler('SIGHUP', 5 as never), /expected a function/)
  assert.equal(listening(), 0)
})

test('a program that waits for a signal stays alive, one that has a handler does not', async () => {
  const { child, printed, ended } = startProgram(`
    import { signalHandler, waitSignal } from 'gvent'
    signalHandler('SIGHUP', () => console.log('handled'))
    const signal = waitSignal('SIGTERM').then((signal) => console.log(signal))
    console.log('waits')`)
  await printed('waits')
  child.kill('SIGHUP')
  await printed('handled')
  child.kill('SIGTERM')
  const { code, stdout, stderr } = await ended
  assert.deepEqual([code, stdout, stderr], [0, 'waits\nhandled\nSIGTERM\n', ''])
})

test('run leaves a signal to the program that looks after it itself, and takes it again afterwards', async () => {
  const { child, printed, ended } = startProgram(`
    import { run, sleep, signalHandler, waitSignal } from 'gvent'
    await run(function* () {
      const handler = signalHandler('SIGINT', () => console.log('handled'))
      console.log('one')
      console.log(yield* waitSignal('SIGTERM'))
      console.log('two')
      console.log(yield* waitSignal('SIGTERM'))
      handler.cancel()
      try {
        console.log('three')
        yield* sleep(100_000)
      } finally {
        console.log('cleaned up')
      }
    })`)
  await printed('one')
  child.kill('SIGINT')
  await printed('handled')
  child.kill('SIGTERM')
  await printed('two')
  child.kill('SIGTERM')
  await printed('three')
  child.kill('SIGTERM')
  const { code, stdout } = await ended
  assert.equal(stdout, 'one\nhandled\nSIGTERM\ntwo\nSIGTERM\nthree\ncleaned up\n')
  assert.equal(code, 143)
})

test('signals are refused in a thread, which they do not reach', async () => {
  const { stdout } = await startProgram(`
    import { Worker } from 'node:worker_threads'
    const source = "import('gvent').then(({ waitSignal }) => { try { waitSignal('SIGHUP') } catch (error) { console.log(error.message) } })"
    new Worker(source, { eval: true, execArgv: [] })`).ended
  assert.match(stdout, /signals reach only the main thread/)
})
