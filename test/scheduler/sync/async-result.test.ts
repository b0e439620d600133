import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { AsyncResult, KilledError, Timeout, all, sleep, spawn } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

test('set() wakes all that wait, in the order in which they came, with the value', async () => {
  const result = new AsyncResult<number>()
  const log: unknown[] = []
  spawn(function* () {
    log.push(['itself', yield* result])
  })
  spawn(function* () {
    log.push(['wait', yield* result.wait()])
  })
  spawn(function* () {
    log.push(['get', yield* result.get({ timeout: 100 })])
  })
  await quiet()
  assert.equal(result.stats().waiting, 3)
  result.set(42)
  await quiet()
  assert.deepEqual(log, [
    ['itself', 42],
    ['wait', true],
    ['get', 42],
  ])
  assert.equal(await result, 42)
  assert.deepEqual(result.stats(), { ready: true, successful: true, waiting: 0 })
})

test('setError() raises the same error in everybody, and wait() does not raise it', async () => {
  const result = new AsyncResult<number>()
  const error = new Error('no')
  const before = reasonOf(result.get())
  result.setError(error)
  assert.equal(await before, error)
  assert.equal(await reasonOf(result), error)
  assert.equal(await result.wait(), true)
  assert.deepEqual(
    { ready: result.ready, successful: result.successful, value: result.value, error: result.error },
    { ready: true, successful: false, value: undefined, error },
  )
})

test('before it is set there is neither value nor error', () => {
  const { ready, successful, value, error } = new AsyncResult<number>()
  assert.deepEqual(
    { ready, successful, value, error },
    { ready: false, successful: false, value: undefined, error: undefined },
  )
})

test('a second set is an error that names the first, and changes nothing', async () => {
  const result = new AsyncResult<string>({ name: 'answer' })
  result.set('one')
  const refusal = {
    name: 'Error',
    code: 'GVENT_ALREADY_SET',
    message:
      /AsyncResult "answer"\.set\(\): it was already set, to the value "one", .* `if \(!result\.ready\) result\.set/,
  }
  assert.throws(() => result.set('two'), refusal)
  assert.throws(() => result.setError(new Error('late')), /it was already set/)
  assert.throws(() => result.copyFrom(result), /it was already set/)
  assert.equal(await result, 'one')

  const failed = new AsyncResult()
  failed.setError(new TypeError('first'))
  assert.throws(() => failed.set(), /it was already set, to the error a TypeError/)
})

test('undefined is a value like any other', async () => {
  const result = new AsyncResult()
  result.set()
  assert.equal(result.ready, true)
  assert.equal(await result, undefined)
  assert.throws(() => result.set(), /it was already set/)
})

test('get() raises Timeout when the time is up, wait() gives false', async () => {
  const result = new AsyncResult<number>()
  const got = reasonOf(spawn(() => result.get({ timeout: 5 })))
  const waited = spawn(() => result.wait({ timeout: 5 }))
  await host.advance(5)
  assert.ok((await got) instanceof Timeout)
  assert.equal(await waited, false)
  assert.equal(result.stats().waiting, 0)
  result.set(1)
})

test('a link sets it to the value, to the error, or to a KilledError', async () => {
  const [value, error, killed] = [new AsyncResult<number>(), new AsyncResult<number>(), new AsyncResult<number>()]
  spawn(() => 7).link(value)
  spawn(function* () {
    yield
    throw new RangeError('seven')
  }).link(error)
  const sleeper = spawn(function* () {
    yield* sleep(Infinity)
    return 0
  })
  sleeper.link(killed)
  await quiet()
  sleeper.kill()
  assert.equal(await value, 7)
  assert.ok((await reasonOf(error)) instanceof RangeError)
  assert.ok((await reasonOf(killed.get())) instanceof KilledError)
})

test('a link to one that was set is reported and taken back by unlink', async () => {
  const result = new AsyncResult<number>()
  const first = spawn(() => sleep(1).then(() => 1))
  const second = spawn(() => 2)
  const third = spawn(() => 3)
  first.link(result)
  second.link(result)
  third.link(result)
  third.unlink(result)
  await host.advance(1)
  await quiet()
  assert.equal(await result, 2)
  const reports = host.takeReports()
  assert.equal(reports.length, 1)
  assert.match(reports[0]!, /AsyncResult\.copyFrom\(\): it was already set, to the value 2/)
})

test('linkValue and linkError set it only for their kind of end', async () => {
  const [value, error] = [new AsyncResult<never>(), new AsyncResult<never>()]
  const failing = spawn(() => {
    throw new Error('failed')
  })
  failing.linkValue(value)
  failing.linkError(error)
  await quiet()
  assert.equal(value.ready, false)
  assert.equal(error.ready, true)
})

test('it can be waited for by many operations at a time', async () => {
  const result = new AsyncResult<number>()
  const both = spawn(() => all([result, result.get(), result.wait()]))
  await quiet()
  result.set(3)
  assert.deepEqual(await both, [3, 3, true])
})

test('it shows its name and how it stands', () => {
  const result = new AsyncResult<string>({ name: 'answer' })
  assert.equal(inspect(result), '<AsyncResult "answer" not set>')
  result.set('yes')
  assert.equal(inspect(result), '<AsyncResult "answer" value "yes">')
  assert.equal(result.describe(), 'AsyncResult "answer".get')
  assert.equal(result.wait().describe(), 'AsyncResult "answer".wait')
})

test('what is not an error is refused by setError()', () => {
  assert.throws(() => new AsyncResult().setError('no' as never), {
    name: 'TypeError',
    code: 'GVENT_BAD_ARGUMENT',
    message: /expected an Error, got "no"; write setError\(new Error\(…\)\)/,
  })
})
