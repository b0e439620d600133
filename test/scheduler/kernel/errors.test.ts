import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { test } from 'node:test'
import {
  ConcurrentUseError,
  Empty,
  Full,
  GreenletExit,
  KilledError,
  LoopExit,
  NotInGreenletError,
  ShutDown,
  Timeout,
  getHub,
  green,
  sleep,
  spawn,
} from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()
const error = new Error('failed')

function* failing(): Generator<undefined, never> {
  yield
  throw error
}

test('an error that nobody observes is reported once, with the name, the stack and the place of the spawn', async () => {
  host.failed = false
  const spawnHere = () => spawn(failing)
  const greenlet = spawnHere()
  await quiet()
  const reports = host.takeReports()
  assert.equal(reports.length, 1)
  const [report] = reports
  assert.match(
    report!,
    new RegExp(`^<Greenlet #${greenlet.id} "failing"> ended with an error:\nError: failed\n {4}at `),
  )
  assert.match(report!, /\n {2}spawned\n {4}at spawnHere \(.*errors\.test/)
  assert.doesNotMatch(report!, /(dist|src)\/scheduler\//)
  assert.equal(host.failed, true)
  await quiet()
})

test('an error that was reported already can still be read, and is not reported again', async () => {
  const greenlet = spawn(failing)
  await quiet()
  assert.equal(host.takeReports().length, 1)
  assert.equal(await reasonOf(greenlet), error)
  assert.equal(greenlet.error, error)
})

test('many failures in one turn are reported each, in order', async () => {
  for (let index = 0; index < 20; index++) {
    spawn(() => {
      throw new Error(`number ${index}`)
    })
  }
  await quiet()
  const reports = host.takeReports()
  assert.equal(reports.length, 20)
  for (const [index, report] of reports.entries()) assert.ok(report.includes(`Error: number ${index}\n`))
})

test('the error of a greenlet that passes on what another raised is reported for each that nobody observes', async () => {
  const inner = spawn(failing)
  spawn(function* outer() {
    yield* inner
  })
  await quiet()
  const reports = host.takeReports()
  assert.equal(reports.length, 1)
  assert.match(reports[0]!, /"outer"/)
})

test('being killed is not reported, nor is a GreenletExit', async () => {
  spawn(() => sleep(5)).kill()
  spawn(() => {
    throw new GreenletExit()
  })
  const parked = spawn(() => sleep(Infinity))
  await quiet()
  parked.kill()
  await quiet()
  assert.deepEqual(host.takeReports(), [])
})

test('hub.onError takes the place of the report', async () => {
  const hub = getHub()
  const { onError } = hub
  const seen: unknown[] = []
  hub.onError = (...args) => seen.push(...args)
  try {
    const greenlet = spawn(failing)
    await quiet()
    assert.deepEqual(seen, [error, greenlet])
  } finally {
    hub.onError = onError
  }
})

test('a hub.onError that fails loses nothing: both errors are reported, and the other failures too', async () => {
  const hub = getHub()
  const { onError } = hub
  hub.onError = () => {
    throw new Error('onError is broken')
  }
  try {
    spawn(failing)
    spawn(failing)
    await quiet()
    const reports = host.takeReports().join('\n')
    assert.equal(reports.match(/Error: failed/g)?.length, 2)
    assert.equal(reports.match(/hub\.onError itself failed:\nError: onError is broken/g)?.length, 2)
  } finally {
    hub.onError = onError
  }
})

test('whatever is thrown is reported, even if it cannot be rendered', async () => {
  const trap = () => {
    throw new Error('trap')
  }
  const thrown = [
    undefined,
    null,
    'text',
    Symbol('s'),
    Object.create(null),
    { [inspect.custom]: trap },
    Object.defineProperty(new Error('no stack'), 'stack', { get: trap }),
    new Proxy({}, { get: trap, getPrototypeOf: trap, ownKeys: trap }),
    'the last one',
  ]
  for (const value of thrown) {
    spawn(() => {
      throw value
    })
  }
  await quiet()
  const reports = host.takeReports()
  assert.equal(reports.length, thrown.length)
  for (const report of reports) assert.match(report, /^<Greenlet #\d+ .* ended with an error:\n./s)
})

test('the stack of an error through green functions and native frames shows where it was raised', async () => {
  const inner = green(function* inner() {
    yield
    throw new Error('deep')
  })
  const outer = function* outer(): Generator<unknown, void> {
    yield* inner()
  }
  const raised = await reasonOf(spawn(outer))
  assert.match((raised as Error).stack!, /^Error: deep\n {4}at inner \(.*errors\.test/)
})

test('every error class carries a name and a code, and is an Error', () => {
  const errors: [Error, string, string][] = [
    [new GreenletExit(), 'GreenletExit', 'GVENT_GREENLET_EXIT'],
    [new KilledError('a greenlet', new GreenletExit()), 'KilledError', 'GVENT_KILLED'],
    [new Timeout(5), 'Timeout', 'GVENT_TIMEOUT'],
    [new LoopExit('m'), 'LoopExit', 'GVENT_LOOP_EXIT'],
    [new NotInGreenletError('m'), 'NotInGreenletError', 'GVENT_NOT_IN_GREENLET'],
    [new ConcurrentUseError('m'), 'ConcurrentUseError', 'GVENT_CONCURRENT_USE'],
    [new Empty('m'), 'Empty', 'GVENT_EMPTY'],
    [new Full('m'), 'Full', 'GVENT_FULL'],
    [new ShutDown('m'), 'ShutDown', 'GVENT_SHUT_DOWN'],
  ]
  for (const [made, name, code] of errors) {
    assert.ok(made instanceof Error)
    assert.equal(made.constructor.name, name)
    assert.deepEqual([made.name, (made as Error & { code: string }).code], [name, code])
    assert.equal(String(made), `${name}: ${made.message}`)
    assert.notEqual(made.message, '')
    assert.ok(made.stack!.startsWith(`${name}: ${made.message}`))
    assert.ok(inspect(made).includes(`${name}: ${made.message}`))
  }
})

test('a light error may be given a message, a cause and a stack of one’s own', () => {
  const exit = new GreenletExit('why')
  exit.cause = error
  exit.stack = 'own stack'
  assert.deepEqual([exit.message, exit.cause, exit.stack], ['why', error, 'own stack'])
  const timeout = new Timeout(5)
  timeout.message = 'own message'
  assert.deepEqual([timeout.message, String(timeout)], ['own message', 'Timeout: own message'])
})
