import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Greenlet,
  GreenletExit,
  Queue,
  call,
  getHub,
  green,
  shield,
  sleep,
  spawn,
  type Coroutine,
} from 'gvent/scheduler'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()
const GRACE = 5000

/** Kills it and lets the grace pass. @returns what was reported. */
async function killAndWait(greenlet: Greenlet): Promise<string[]> {
  await quiet()
  greenlet.kill()
  await host.advance(GRACE - 1)
  assert.equal(greenlet.dead, false)
  assert.deepEqual(host.takeReports(), [])
  await host.advance(1)
  return host.takeReports()
}

test('a greenlet that swallows the kill and waits on is reported after 5 s, and ended by force', async () => {
  const log: string[] = []
  const queue = new Queue<number>(1, { name: 'jobs' })
  const greenlet = spawn(function* stubborn() {
    for (;;) {
      try {
        yield* queue.get()
      } catch {
        log.push('swallowed')
      } finally {
        log.push('finally')
      }
    }
  })
  const reports = await killAndWait(greenlet)
  assert.equal(reports.length, 1)
  assert.match(reports[0]!, /"stubborn".*killed 5 s ago.*waits for Queue "jobs"\.get.*ended by force.*GreenletExit/)
  assert.match(reports[0]!, /at stubborn \(.*kill-swallowed\.test/)
  assert.deepEqual(log, ['swallowed', 'finally', 'finally'])
  assert.ok((greenlet.value as unknown) instanceof GreenletExit)
  assert.equal(greenlet.successful, true)
  assert.equal(queue.stats().getters, 0)
})

test('it makes no difference how the greenlet goes on', async () => {
  const waits: (() => unknown)[] = [
    () => sleep(Infinity),
    () => sleep(100),
    () => new Promise(() => undefined),
    () => call(() => sleep(Infinity)),
    () => green(() => sleep(Infinity))(),
  ]
  for (const wait of waits) {
    const greenlet = spawn(function* () {
      for (;;) {
        try {
          yield wait()
        } catch {
          continue
        }
      }
    })
    assert.equal((await killAndWait(greenlet)).length, 1)
    assert.equal(greenlet.dead, true)
    assert.equal(host.pendingTimers, 0)
  }
})

test('a greenlet that swallows the kill and yields for ever is ended too', async () => {
  let ended = false
  const greenlet = spawn(function* () {
    try {
      for (;;) {
        try {
          yield
        } catch {
          continue
        }
      }
    } finally {
      ended = true
    }
  })
  await quiet()
  greenlet.kill()
  const advanced = host.advance(GRACE)
  await advanced
  await quiet()
  assert.match(host.takeReports().join(), /still yields/)
  assert.equal(greenlet.dead, true)
  assert.equal(ended, true)
})

test('one that swallowed the kill and ends within the grace is not reported', async () => {
  const greenlet = spawn(function* () {
    try {
      yield* sleep(Infinity)
    } catch {
      yield* sleep(GRACE - 1)
    }
    return 'went on'
  })
  await quiet()
  greenlet.kill()
  await host.advance(GRACE - 1)
  assert.equal(await greenlet, 'went on')
  assert.equal(host.pendingTimers, 0)
})

test('the force goes through every frame, native and green, and runs each finally', async () => {
  const log: string[] = []
  const stubborn = function* (): Coroutine<void> {
    for (;;) {
      try {
        yield* sleep(Infinity)
      } catch {
        log.push('swallowed')
      } finally {
        log.push('innermost')
      }
    }
  }
  const wrap = (name: string, inner: () => Coroutine<void>) =>
    function* (): Coroutine<void> {
      try {
        if (name === 'native') yield* inner()
        else if (name === 'call') yield* call(inner)
        else yield inner()
        log.push('went on')
      } catch {
        log.push('caught')
      } finally {
        log.push(name)
      }
    }
  const greenlet = spawn(wrap('coroutine', wrap('call', wrap('native', stubborn))))
  await killAndWait(greenlet)
  assert.deepEqual(log, ['swallowed', 'innermost', 'innermost', 'native', 'call', 'coroutine'])
  assert.equal(greenlet.dead, true)
})

test('a cleanup that waits while it is ended by force is answered with return() again, as often as needed', async () => {
  const log: string[] = []
  const greenlet = spawn(function* () {
    try {
      try {
        try {
          yield* sleep(Infinity)
        } catch {
          yield* sleep(Infinity)
        }
      } finally {
        log.push('first')
        yield* sleep(1)
        log.push('not reached')
      }
    } finally {
      log.push('second')
      yield
      log.push('not reached')
    }
  })
  await killAndWait(greenlet)
  assert.deepEqual(log, ['first', 'second'])
  assert.equal(greenlet.dead, true)
})

test('a greenlet that cannot be made to return is dropped as it is, and that is reported', async () => {
  const greenlet = spawn(function* monster() {
    for (;;) {
      try {
        yield* sleep(Infinity)
      } catch {
        continue
      } finally {
        // eslint-disable-next-line no-unsafe-finally -- that is what is tested
        continue
      }
    }
  })
  const reports = await killAndWait(greenlet)
  assert.equal(reports.length, 2)
  assert.match(reports[1]!, /"monster".*never stops yielding in its cleanup; it is abandoned/)
  assert.equal(greenlet.dead, true)
  assert.equal(getHub().alive, 0)
})

test('an error that a forced cleanup raises is not lost', async () => {
  const greenlet = spawn(function* () {
    try {
      yield* sleep(Infinity)
    } catch {
      try {
        yield* sleep(Infinity)
      } finally {
        throwUp()
      }
    }
  })
  const reports = await killAndWait(greenlet)
  assert.equal(greenlet.dead, true)
  assert.match(reports.join('\n'), /cleanup failed/)
})

function throwUp(): never {
  throw new Error('cleanup failed')
}

test('while it is in a shield the grace does not run out', async () => {
  const log: string[] = []
  const greenlet = spawn(function* () {
    yield* shield(sleep(3 * GRACE))
    log.push('left the shield')
    yield* sleep(1)
    log.push('went on')
  })
  await quiet()
  greenlet.kill()
  await host.advance(3 * GRACE)
  assert.deepEqual(log, ['left the shield'])
  assert.ok((greenlet.value as unknown) instanceof GreenletExit)
})

test('kill(error) that is caught and ignored is enforced like any kill', async () => {
  const greenlet = spawn(function* () {
    try {
      yield* sleep(Infinity)
    } catch {
      yield* sleep(Infinity)
    }
  })
  await quiet()
  const error = new Error('stop')
  greenlet.kill(error)
  greenlet.linkError(() => undefined)
  await host.advance(GRACE)
  assert.match(host.takeReports().join(), /ended by force/)
  assert.equal(greenlet.error, error)
})

test('a greenlet is forced only once, however often it is killed', async () => {
  const greenlet = spawn(function* () {
    for (let times = 0; times < 3; times++) {
      try {
        yield* sleep(Infinity)
      } catch {
        continue
      }
    }
    yield* sleep(Infinity)
  })
  await quiet()
  for (let times = 0; times < 3; times++) {
    greenlet.kill(new GreenletExit())
    await host.advance(1000)
  }
  await host.advance(GRACE)
  assert.equal(host.takeReports().length, 1)
  assert.equal(greenlet.dead, true)
})
