import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Greenlet, GreenletExit, getCurrent, sleep, spawn } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()
const error = new Error('failed')
const succeed = () => 'value'
const fail = () => {
  throw error
}

/** Which of the three kinds of links are followed when `greenlet` ends. */
async function followed(greenlet: Greenlet): Promise<string[]> {
  const log: string[] = []
  greenlet.link(() => log.push('link'))
  greenlet.linkValue(() => log.push('linkValue'))
  greenlet.linkError(() => log.push('linkError'))
  await quiet()
  return log
}

test('link is followed at any end, linkValue at a success, linkError at an error', async () => {
  assert.deepEqual(await followed(spawn(succeed)), ['link', 'linkValue'])
  assert.deepEqual(await followed(spawn(fail)), ['link', 'linkError'])
})

test('being killed counts as a success, being killed with an error does not', async () => {
  const killed = (reason?: Error) => {
    const greenlet = spawn(() => sleep(Infinity))
    greenlet.kill(reason)
    return greenlet
  }
  assert.deepEqual(await followed(killed()), ['link', 'linkValue'])
  assert.deepEqual(await followed(killed(error)), ['link', 'linkError'])
})

test('a link gets the greenlet, in a greenlet of its own that may wait', async () => {
  const greenlet = spawn(succeed)
  const seen: unknown[] = []
  greenlet.link(function* (ended) {
    assert.notEqual(getCurrent(), ended)
    seen.push(ended)
    yield* sleep(1)
    seen.push(yield* ended)
  })
  await host.advance(1)
  assert.deepEqual(seen, [greenlet, 'value'])
})

test('links are followed in the order in which they were made, along with joiners', async () => {
  const log: string[] = []
  const greenlet = spawn(() => sleep(1))
  greenlet.link(() => log.push('first'))
  spawn(function* () {
    yield* greenlet.join()
    log.push('second')
  })
  await quiet()
  greenlet.linkValue(() => log.push('third'))
  await host.advance(1)
  assert.deepEqual(log, ['first', 'second', 'third'])
})

test('a link made after the end is followed soon, and never at once', async () => {
  const greenlet = spawn(succeed)
  await greenlet
  const log: string[] = []
  greenlet.link(() => log.push('link'))
  greenlet.linkError(() => log.push('linkError'))
  assert.deepEqual(log, [])
  await quiet()
  assert.deepEqual(log, ['link'])
})

test('unlink takes back every link to the function, and only those', async () => {
  const log: string[] = []
  const greenlet = spawn(succeed)
  const unwanted = () => log.push('unwanted')
  greenlet.link(unwanted)
  greenlet.link(() => log.push('wanted'))
  greenlet.linkValue(unwanted)
  greenlet.unlink(unwanted)
  greenlet.unlink(() => undefined)
  await quiet()
  assert.deepEqual(log, ['wanted'])
  greenlet.unlink(unwanted)
})

test('unlink without a function leaves those who wait', async () => {
  const greenlet = spawn(function* () {
    yield* sleep(0)
    return 'value'
  })
  const waiting = spawn(function* () {
    return yield* greenlet.get()
  })
  const joining = spawn(function* () {
    return yield* greenlet.join()
  })
  spawn(() => {
    greenlet.unlink(undefined as never)
  })
  await quiet()
  assert.deepEqual([waiting.value, joining.value], ['value', true])
})

test('what link returns takes back that link alone; taking it back twice or too late does nothing', async () => {
  const log: string[] = []
  const greenlet = spawn(succeed)
  const note = () => log.push('followed')
  const undo = greenlet.link(note)
  const keep = greenlet.link(note)
  undo()
  undo()
  await quiet()
  assert.deepEqual(log, ['followed'])
  keep()
})

test('a link that fails is reported under its own name, and the others are followed all the same', async () => {
  const log: string[] = []
  const greenlet = spawn(succeed)
  greenlet.link(function broken() {
    throw new Error('broken link')
  })
  greenlet.link(() => log.push('followed'))
  await quiet()
  assert.deepEqual(log, ['followed'])
  assert.match(host.takeReports().join(), /^<Greenlet #\d+ "broken"> ended with an error:\nError: broken link/)
})

test('a link may link again', async () => {
  const log: string[] = []
  const greenlet = spawn(succeed)
  greenlet.link((ended) => {
    log.push('outer')
    ended.link(() => log.push('inner'))
  })
  await quiet()
  assert.deepEqual(log, ['outer', 'inner'])
})

test('an error counts as observed by link and linkError, not by linkValue', async () => {
  spawn(fail).link(() => undefined)
  spawn(fail).linkError(() => undefined)
  await quiet()
  assert.deepEqual(host.takeReports(), [])
  spawn(fail).linkValue(() => undefined)
  await quiet()
  assert.equal(host.takeReports().length, 1)
})

test('a link that was taken back observes nothing', async () => {
  for (const takeBack of ['unlink', 'undo']) {
    const greenlet = spawn(fail)
    const note = () => assert.fail('it is followed')
    const undo = greenlet.linkError(note)
    if (takeBack === 'unlink') greenlet.unlink(note)
    else undo()
    await quiet()
    assert.equal(host.takeReports().length, 1, takeBack)
  }
})

test('a link made in the turn of the failure, before it is reported, observes it', async () => {
  const greenlet = spawn(fail)
  let seen: unknown
  spawn(() => {
    assert.equal(greenlet.dead, true)
    greenlet.linkError((ended) => (seen = ended.error))
  })
  await quiet()
  assert.equal(seen, error)
  assert.equal(await reasonOf(greenlet), error)
})

test('a greenlet that never ran follows its links when it is killed', async () => {
  let value: unknown
  const greenlet = new Greenlet(succeed)
  greenlet.link((ended) => (value = ended.value))
  greenlet.kill()
  await quiet()
  assert.ok(value instanceof GreenletExit)
})

test('a link to what is no function says so', () => {
  const greenlet = new Greenlet(succeed)
  for (const kind of ['link', 'linkValue', 'linkError'] as const) {
    assert.throws(() => greenlet[kind]('text' as never), { name: 'TypeError', message: /function.*got "text"/ })
  }
})
