import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Greenlet, GreenletExit, Queue, getCurrent, getHub, sleep, spawn, type Coroutine } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()

function* parked(): Coroutine<void> {
  yield* sleep(Infinity)
}

test('a greenlet that was never started ends without running, and start() does nothing then', async () => {
  const greenlet: Greenlet = new Greenlet(() => assert.fail('it runs'))
  greenlet.kill()
  assert.deepEqual([greenlet.dead, greenlet.successful, greenlet.started], [true, true, false])
  assert.ok(greenlet.value instanceof GreenletExit)
  greenlet.start()
  await quiet()
  assert.equal(greenlet.state, 'ended')
  assert.equal(getHub().alive, 0)
})

test('a greenlet that was spawned and did not run yet ends at once, without running', async () => {
  let ended = 0
  const greenlet: Greenlet = spawn(() => assert.fail('it runs'))
  greenlet.link(() => ended++)
  const killed = greenlet.kill()
  assert.equal(greenlet.dead, true)
  assert.equal(await killed, true)
  await quiet()
  assert.equal(ended, 1)
})

test('kill(error) before the start makes the greenlet fail with that error, which is reported', async () => {
  for (const make of [() => new Greenlet(parked), () => spawn(parked)]) {
    const error = new Error('unwanted')
    const greenlet = make()
    greenlet.kill(error)
    assert.deepEqual([greenlet.dead, greenlet.successful, greenlet.error], [true, false, error])
    await quiet()
    assert.match(host.takeReports().join(), /"parked".*ended with an error:\nError: unwanted/)
    assert.equal(await reasonOf(greenlet), error)
  }
})

test('a parked greenlet gets GreenletExit where it waits; its value is that, and it counts as successful', async () => {
  let raised: unknown
  const greenlet = spawn(function* () {
    try {
      yield* sleep(Infinity)
      assert.fail('it went on')
    } catch (error) {
      raised = error
      throw error
    }
  })
  await quiet()
  greenlet.kill()
  assert.equal(greenlet.dead, false)
  await greenlet.join()
  assert.ok(raised instanceof GreenletExit && raised instanceof Error)
  assert.deepEqual([raised.name, raised.code], ['GreenletExit', 'GVENT_GREENLET_EXIT'])
  assert.deepEqual([greenlet.successful, greenlet.value, greenlet.error], [true, raised, undefined])
})

test('a killed greenlet that is asked where it was says so in the stack of its GreenletExit', async () => {
  const greenlet = spawn(function* whereItWaits() {
    yield* sleep(Infinity)
  })
  await quiet()
  greenlet.kill()
  await greenlet.join()
  assert.match(
    (greenlet.value as unknown as Error).stack!,
    /^GreenletExit: the greenlet was killed\n {4}at .*whereItWaits.*kill\.test/,
  )
})

test('kill acts at once, although what it returns is not waited for', async () => {
  const queue = new Queue<number>()
  const greenlet = spawn(() => queue.get())
  await quiet()
  assert.equal(queue.stats().getters, 1)
  greenlet.kill()
  assert.equal(queue.stats().getters, 0)
  await quiet()
  assert.equal(greenlet.dead, true)
})

test('what kill returns ends when the greenlet has ended, and raises nothing', async () => {
  const error = new Error('cleanup failed')
  const log: string[] = []
  const greenlet = spawn(function* () {
    try {
      yield* sleep(Infinity)
    } catch {
      yield* sleep(5)
      log.push('cleaned')
      throw error
    }
  })
  await quiet()
  const killer = spawn(function* () {
    const ended = yield* greenlet.kill()
    log.push(`ended: ${ended}`)
  })
  await quiet()
  assert.deepEqual(log, [])
  await host.advance(5)
  await killer
  assert.deepEqual(log, ['cleaned', 'ended: true'])
  assert.equal(greenlet.error, error)
  await quiet()
  assert.match(host.takeReports().join(), /ended with an error:\nError: cleanup failed/)
})

test('kill with a limit gives false when the cleanup takes longer', async () => {
  const greenlet = spawn(function* () {
    try {
      yield* sleep(Infinity)
    } finally {
      yield* sleep(50)
    }
  })
  await quiet()
  const killed = spawn(() => greenlet.kill(undefined, { timeout: 10 }))
  await host.advance(10)
  assert.equal(await killed, false)
  await host.advance(40)
  assert.equal(greenlet.dead, true)
})

test('killing a finished greenlet changes nothing', async () => {
  const greenlet = spawn(() => 'value')
  await greenlet
  assert.equal(await greenlet.kill(new Error('too late')), true)
  assert.deepEqual([greenlet.value, greenlet.successful], ['value', true])
})

test('kill(error) raises that error, and the greenlet fails with it', async () => {
  const error = new Error('stop')
  const greenlet = spawn(parked)
  await quiet()
  greenlet.kill(error)
  assert.equal(await reasonOf(greenlet), error)
  assert.equal(greenlet.successful, false)
})

test('a second kill() while the first is under way changes nothing', async () => {
  const raised: unknown[] = []
  const greenlet = spawn(function* () {
    try {
      yield* sleep(Infinity)
    } catch (error) {
      raised.push(error)
      yield* sleep(1)
      raised.push('cleaned')
      throw error
    }
  })
  await quiet()
  greenlet.kill()
  greenlet.kill()
  await quiet()
  greenlet.kill()
  await host.advance(1)
  assert.equal(greenlet.dead, true)
  assert.deepEqual(raised, [greenlet.value, 'cleaned'])
})

test('two kills with different errors are both raised, in order', async () => {
  const raised: unknown[] = []
  const greenlet = spawn(function* () {
    for (let wait = 0; wait < 2; wait++) {
      try {
        yield* sleep(Infinity)
      } catch (error) {
        raised.push(error)
      }
    }
  })
  await quiet()
  const errors = [new Error('first'), new Error('second')]
  for (const error of errors) greenlet.kill(error)
  await greenlet
  assert.deepEqual(raised, errors)
})

test('kill of something that is no error says what to write, and kills nothing', async () => {
  const greenlet = spawn(parked)
  await quiet()
  for (const value of [42, 'text', {}, { code: 5 }]) {
    assert.throws(() => greenlet.kill(value as never), {
      name: 'TypeError',
      message: /kill\(error\): expected an Error or options, got .*; write (new Error\(|\{ timeout: 42 \})/,
    })
  }
  assert.equal(greenlet.state, 'waiting')
  await greenlet.kill()
})

test('a greenlet that kills itself ends at its next wait, whatever that is', async () => {
  const queue = new Queue<number>()
  queue.putNowait(1)
  const waits: (() => unknown)[] = [
    () => sleep(5),
    () => queue.get(),
    () => undefined,
    () => sleep(0),
    () => Promise.resolve(),
    () => parked(),
    () => getCurrent()!.kill(),
  ]
  for (const wait of waits) {
    const log: string[] = []
    const greenlet = spawn(function* () {
      getCurrent()!.kill()
      log.push('still here')
      yield wait()
      log.push('went on')
    })
    await greenlet.join()
    assert.ok((greenlet.value as unknown) instanceof GreenletExit)
    assert.deepEqual(log, ['still here'])
  }
  assert.equal(queue.size, 1)
})

test('`yield* getCurrent().kill()` ends the greenlet there', async () => {
  const log: string[] = []
  const greenlet = spawn(function* () {
    try {
      yield* getCurrent()!.kill()
      log.push('went on')
    } finally {
      log.push('cleaned')
    }
  })
  await greenlet.join()
  assert.deepEqual(log, ['cleaned'])
})

test('a greenlet that kills itself and never waits again ends as it would', async () => {
  const greenlet = spawn(() => {
    getCurrent()!.kill()
    return 'value'
  })
  assert.equal(await greenlet, 'value')
})

test('killing the one who joins leaves the joined one alone', async () => {
  const target = spawn(() => sleep(10))
  const joiner = spawn(() => target.join())
  await quiet()
  joiner.kill()
  await joiner.join()
  assert.equal(target.state, 'waiting')
  await host.advance(10)
  assert.deepEqual([target.successful, target.value], [true, undefined])
})

test('a child may kill the parent that waits for it, and finishes itself', async () => {
  const log: string[] = []
  const parent: Greenlet = spawn(function* () {
    const child = spawn(function* () {
      yield* parent.kill()
      log.push('child went on')
    })
    try {
      yield* child
    } finally {
      log.push('parent cleaned')
    }
  })
  await parent.join()
  await quiet()
  assert.deepEqual(log, ['parent cleaned', 'child went on'])
})

test('all greenlets can be killed while they are listed', async () => {
  for (let index = 0; index < 10; index++) spawn(parked)
  await quiet()
  for (let index = 0; index < 10; index++) spawn(() => assert.fail('it runs'))
  for (const greenlet of getHub().greenlets()) greenlet.kill()
  await quiet()
  assert.equal(getHub().alive, 0)
})

test('kill takes the class of an error, and options alone', async () => {
  const failing = spawn(parked)
  failing.linkError(() => undefined)
  const stubborn = spawn(function* () {
    for (;;) {
      try {
        yield* sleep(Infinity)
      } catch {
        // It swallows every kill.
      }
    }
  })
  await quiet()
  assert.equal(await failing.kill(RangeError), true)
  assert.ok(failing.error instanceof RangeError)
  assert.equal(stubborn.kill({ grace: 50 }).options?.timeout, undefined)
  await quiet()
  await host.advance(49)
  assert.equal(stubborn.dead, false)
  await host.advance(1)
  await quiet()
  assert.equal(stubborn.dead, true)
  assert.match(host.takeReports().join(), /ended by force/)
})
