import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProgram } from '../program.js'

/** A main function that says when it waits, and whose cleanup waits too. */
const main = `
  import { run, sleep, GreenletExit } from 'gvent'
  function* main(name = 'main') {
    try {
      console.log(name, 'waits')
      yield* sleep(10_000)
    } finally {
      yield* sleep(1)
      console.log(name, 'cleaned up')
    }
  }
`

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} kills the main greenlet; its cleanup runs and the exit status is ${status}`, async () => {
    const { child, printed, ended } = startProgram(`${main}
      const value = await run(main)
      console.log(value instanceof GreenletExit, value.message)`)
    await printed('main waits')
    child.kill(signal)
    const { code, stdout, stderr } = await ended
    assert.equal(stdout, `main waits\nmain cleaned up\ntrue killed by ${signal}\n`)
    assert.equal(stderr, '')
    assert.equal(code, status)
  })
}

test('when the main greenlet has ended after a signal, the others that are left clean up too', async () => {
  const { child, printed, ended } = startProgram(`${main}
    import { spawn } from 'gvent'
    spawn(main, 'left alone')
    await run(main)`)
  await printed('main waits')
  child.kill('SIGINT')
  const { code, stdout } = await ended
  assert.equal(stdout, 'left alone waits\nmain waits\nmain cleaned up\nleft alone cleaned up\n')
  assert.equal(code, 130)
})

test("an exit status of the program's own is kept after a signal", async () => {
  const { child, printed, ended } = startProgram(`${main}
    await run(main)
    process.exitCode = 7`)
  await printed('main waits')
  child.kill('SIGTERM')
  assert.equal((await ended).code, 7)
})

test('a second signal ends the process at once', async () => {
  const { child, printed, ended } = startProgram(`
    import { run, sleep } from 'gvent'
    await run(function* () {
      try {
        console.log('waits')
        yield* sleep(10_000)
      } finally {
        console.log('hangs')
        yield* sleep(10_000)
      }
    })`)
  await printed('waits')
  child.kill('SIGINT')
  await printed('hangs')
  child.kill('SIGTERM')
  const { code, stdout } = await ended
  assert.equal(code, 143)
  assert.equal(stdout, 'waits\nhangs\n')
})

test('one signal ends all that run at the same time', async () => {
  const { child, printed, ended } = startProgram(`${main}
    await Promise.all([run(main, 'first'), run(main, 'second')])
    console.log(process.listenerCount('SIGINT'), process.listenerCount('SIGTERM'))`)
  await printed('second waits')
  child.kill('SIGINT')
  const { code, stdout } = await ended
  assert.equal(code, 130)
  assert.equal(stdout, 'first waits\nsecond waits\nfirst cleaned up\nsecond cleaned up\n0 0\n')
})

test('the signals do what they did before when the last one has ended', async () => {
  const { child, printed, ended } = startProgram(`${main}
    const long = run(main, 'long')
    await run(() => console.log('short ended'))
    const during = process.listenerCount('SIGTERM')
    process.kill(process.pid, 'SIGINT')
    await long
    process.exitCode = undefined
    console.log(during, process.listenerCount('SIGTERM'))
    setTimeout(() => {}, 10_000)`)
  await printed('1 0')
  child.kill('SIGTERM')
  const { code, signal } = await ended
  assert.equal(code, null)
  assert.equal(signal, 'SIGTERM')
})

test('a signal in a later run is again the first', async () => {
  const { ended } = startProgram(`${main}
    for (const name of ['one', 'two']) {
      const running = run(main, name)
      setTimeout(() => process.kill(process.pid, 'SIGINT'))
      await running
    }`)
  const { code, stdout } = await ended
  assert.equal(stdout, 'one waits\none cleaned up\ntwo waits\ntwo cleaned up\n')
  assert.equal(code, 130)
})
