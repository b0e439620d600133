import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Condition,
  Greenlet,
  GreenletExit,
  Timeout,
  all,
  getCurrent,
  race,
  shield,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
} from 'gvent/scheduler'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

function* shieldForEver(): Coroutine<never> {
  for (;;) yield* shield(sleep(100))
}

test('a kill ends a loop of shields when the next one is entered', async () => {
  const greenlet = spawn(shieldForEver)
  await quiet()
  greenlet.kill()
  await host.advance(99)
  assert.equal(greenlet.dead, false)
  await host.advance(1)
  assert.ok((greenlet.value as unknown) instanceof GreenletExit)
  assert.deepEqual(host.takeReports(), [])
})

test('a timeout ends a loop of shields when the next one is entered', async () => {
  const start = host.now()
  const greenlet = spawn(function* () {
    try {
      yield* withTimeout(100, function* () {
        for (let count = 0; count < 30; count++) yield* shield(sleep(60))
      })
    } catch (error) {
      assert.ok(error instanceof Timeout)
    }
    return host.now() - start
  })
  await host.advance(2000)
  assert.equal(greenlet.value, 120)
})

test('a timeout that begins inside of a shield ends a loop of inner shields', async () => {
  const start = host.now()
  const greenlet = spawn(() =>
    shield(function* () {
      const late = yield* withTimeout(100, shieldForEver, { value: 'late' })
      return `${late} ${host.now() - start}`
    }),
  )
  await host.advance(1000)
  assert.equal(greenlet.value, 'late 100')
})

test('what is pending already is raised before the work of a shield is begun', async () => {
  let begun = false
  const greenlet = spawn(function* () {
    getCurrent()!.kill()
    yield* shield(() => {
      begun = true
    })
  })
  await quiet()
  assert.equal(begun, false)
  assert.ok((greenlet.value as unknown) instanceof GreenletExit)
})

test('in the cleanup after one interruption shields are entered while another is pending', async () => {
  const log: string[] = []
  function* step(name: string): Coroutine<void> {
    log.push(`${name} begins`)
    yield* sleep(10)
    if (name === 'inner') greenlet.kill()
    yield* sleep(10)
    log.push(`${name} ends`)
  }
  const greenlet: Greenlet = spawn(function* () {
    try {
      try {
        yield* withTimeout(50, sleep(1000))
      } finally {
        yield* shield(step('inner'))
      }
    } finally {
      yield* shield(step('outer'))
      log.push('after')
      yield* sleep(0)
      log.push('never')
    }
  })
  await host.advance(1000)
  assert.deepEqual(log, ['inner begins', 'inner ends', 'outer begins', 'outer ends', 'after'])
  assert.ok(greenlet.value instanceof GreenletExit)
})

test('two timeouts at the same moment do not keep a shielded cleanup from running', async () => {
  const log: string[] = []
  function* work(): Coroutine<void> {
    try {
      yield* sleep(1000)
    } finally {
      yield* shield(function* () {
        yield* sleep(10)
        log.push('cleaned up')
      })
    }
  }
  spawn(() => withTimeout(50, () => withTimeout(50, work, { value: 'inner' }), { value: 'outer' }))
  await host.advance(1000)
  assert.deepEqual(log, ['cleaned up'])
})

test('a greenlet that swallows the kill in a loop of shields is ended by force', async () => {
  const log: string[] = []
  const greenlet = spawn(function* stubborn() {
    for (;;) {
      try {
        yield* shield(sleep(100))
      } catch {
        log.push('swallowed')
      }
    }
  })
  await quiet()
  greenlet.kill()
  await host.advance(4999)
  assert.equal(greenlet.dead, false)
  assert.deepEqual(host.takeReports(), [])
  await host.advance(200)
  assert.deepEqual(log, ['swallowed'])
  assert.equal(greenlet.dead, true)
  const reports = host.takeReports()
  assert.equal(reports.length, 1)
  assert.match(reports[0]!, /"stubborn".*killed 5 s ago.*enters a shield.*ended by force/)
  assert.match(reports[0]!, /at stubborn \(.*shield\.test/)
})

test('a cleanup in a shield may take longer than the grace, and nothing is reported when it ends with it', async () => {
  const greenlet = spawn(function* () {
    try {
      yield* sleep(Infinity)
    } finally {
      yield* shield(sleep(60_000))
    }
  })
  await quiet()
  greenlet.kill()
  await host.advance(59_999)
  assert.equal(greenlet.dead, false)
  await host.advance(1)
  assert.equal(greenlet.dead, true)
  assert.deepEqual(host.takeReports(), [])
})

test('a condition takes its lock again whatever is pending', async () => {
  const condition = new Condition()
  const log: string[] = []
  const greenlet = spawn(function* () {
    using _permit = yield* condition.lock.acquire()
    try {
      yield* condition.wait({ timeout: 50 })
    } finally {
      log.push(condition.lock.locked ? 'locked' : 'free')
    }
  })
  spawn(function* () {
    yield* sleep(50)
    greenlet.kill()
  })
  await host.advance(100)
  assert.deepEqual(log, ['locked'])
  assert.equal(condition.lock.locked, false)
})

test('a kill during the cleanup of works of which one has failed takes the place of the error, which is reported', async () => {
  const boom = new Error('boom')
  function* slow(): Coroutine<void> {
    try {
      yield* sleep(Infinity)
    } finally {
      yield* sleep(100)
    }
  }
  function* failing(): Coroutine<void> {
    yield* sleep(10)
    throw boom
  }
  for (const combine of [all, race]) {
    const greenlet = spawn(() => combine([slow(), failing()]))
    await host.advance(50)
    greenlet.kill()
    await host.advance(100)
    assert.ok(greenlet.value instanceof GreenletExit)
    const reports = host.takeReports()
    assert.equal(reports.length, 1)
    assert.match(reports[0]!, /boom/)
  }
})
