import assert from 'node:assert/strict'
import fs from 'node:fs'
import { test } from 'node:test'
import { Greenlet, fromCallback, race, sleep, spawn, suspend, type NodeCallback } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()

/** A suspension that can be ended from outside and counts its undoing. */
class Bell {
  started = 0
  undone = 0
  ring: (value: string) => void = () => assert.fail('nobody waits')
  fail: (error: unknown) => void = () => assert.fail('nobody waits')
  readonly operation = suspend<string>((resolve, reject) => {
    this.started++
    this.ring = resolve
    this.fail = reject
    return () => {
      this.undone++
    }
  })
}

test('suspend gives what resolve is called with, and raises what reject is called with', async () => {
  const bell = new Bell()
  const greenlet = spawn(() => bell.operation)
  await quiet()
  bell.ring('one')
  bell.ring('two')
  bell.fail(new Error('late'))
  assert.equal(await greenlet, 'one')
  const failing = reasonOf(bell.operation)
  const error = new Error('no')
  bell.fail(error)
  assert.equal(await failing, error)
  assert.deepEqual([bell.started, bell.undone], [2, 0])
})

test('suspend goes on without waiting when it is resolved at once', async () => {
  const log: string[] = []
  spawn(function* () {
    log.push(
      yield* suspend<string>((resolve) => {
        resolve('at once')
        return () => assert.fail('there is nothing to undo')
      }),
    )
  })
  spawn(() => void log.push('other'))
  await quiet()
  assert.deepEqual(log, ['at once', 'other'])
})

test('undo is called once, at the moment when the wait ends by a kill, a timeout, a signal or a lost race', async () => {
  const bell = new Bell()
  const killed = spawn(() => bell.operation)
  await quiet()
  killed.kill()
  killed.kill()
  assert.equal(bell.undone, 1)
  bell.ring('too late')

  let undone = 0
  const start = () => () => {
    undone++
  }
  const timedOut = reasonOf(spawn(() => suspend(start, { timeout: 5 })))
  await host.advance(5)
  assert.equal(((await timedOut) as Error).name, 'Timeout')
  assert.equal(undone, 1)

  const controller = new AbortController()
  const aborted = reasonOf(suspend(start, { signal: controller.signal }))
  controller.abort(new Error('aborted'))
  assert.equal(((await aborted) as Error).message, 'aborted')
  assert.equal(undone, 2)

  const racing = spawn(() => race([suspend(start), sleep(1)]))
  await host.advance(1)
  await racing
  assert.equal(undone, 3)
})

test('undo is called when a value came that nobody will see', async () => {
  const bell = new Bell()
  const killed = spawn(() => bell.operation)
  await quiet()
  bell.ring('value')
  killed.kill()
  assert.equal(bell.undone, 1)
})

test('an undo that fails is reported, and the greenlet ends all the same', async () => {
  const killed = spawn(() =>
    suspend(function patiently() {
      return () => {
        throw new Error('cannot undo')
      }
    }),
  )
  await quiet()
  killed.kill()
  await quiet()
  assert.equal(killed.dead, true)
  assert.match(host.takeReports()[0]!, /suspend\(patiently\)[^]*cannot undo/)
})

test('suspend raises what its function throws, and refuses what is no undo', async () => {
  const thrown = await reasonOf(
    spawn(() =>
      suspend(() => {
        throw new Error('start')
      }),
    ),
  )
  assert.equal((thrown as Error).message, 'start')
  const timer = await reasonOf(spawn(() => suspend((() => ({ unref: 1 })) as never)))
  assert.match((timer as Error).message, /got an object\. Write suspend\(\(resolve\) => \{ const timer/)
  const promise = await reasonOf(suspend((async () => undefined) as never))
  assert.match((promise as Error).message, /got a Promise\. For a promise write until\(promise\)/)
  assert.throws(() => suspend('soon' as never), { name: 'TypeError', message: /expected a function, got "soon"/ })
})

test('fromCallback gives the result of a function of Node', async () => {
  const stats = await spawn(function* () {
    return yield* fromCallback<fs.Stats>((callback) => {
      fs.stat('.', callback)
    })
  })
  assert.equal(stats.isDirectory(), true)
  const missing = await reasonOf(
    fromCallback((callback) => {
      fs.stat('./there-is-no-such-file', callback)
    }),
  )
  assert.equal((missing as NodeJS.ErrnoException).code, 'ENOENT')
})

test('fromCallback calls its function once for each wait, and not before', async () => {
  let calls = 0
  const operation = fromCallback<number>((callback) => {
    callback(null, ++calls)
  })
  assert.equal(calls, 0)
  assert.equal(await operation, 1)
  assert.equal(await operation, 2)
  assert.equal(
    await fromCallback((callback) => {
      callback()
    }),
    undefined,
  )
})

test('fromCallback aborts its signal when the wait is given up, and drops what comes later', async () => {
  const seen: { callback: NodeCallback<string>; signal: AbortSignal }[] = []
  const operation = fromCallback<string>((callback, signal) => {
    seen.push({ callback, signal })
  })
  const killed = spawn(() => operation)
  const served = spawn(() => operation)
  await quiet()
  killed.kill()
  assert.deepEqual(
    seen.map(({ signal }) => signal.aborted),
    [true, false],
  )
  seen[0]!.callback(new Error('late'))
  seen[1]!.callback(null, 'first')
  seen[1]!.callback(null, 'second')
  assert.equal(await served, 'first')
  assert.equal(seen[1]!.signal.aborted, false)
})

test('fromCallback raises what its function throws, and refuses what is no function', async () => {
  const thrown = fromCallback(() => {
    throw new RangeError('bad path')
  })
  assert.ok((await reasonOf(spawn(() => thrown))) instanceof RangeError)
  assert.throws(() => fromCallback(fs.promises.stat('.') as never), {
    name: 'TypeError',
    message: /expected a function, got a Promise; write fromCallback\(\(callback\) => fs\.stat/,
  })
  assert.ok(new Greenlet(() => thrown) instanceof Greenlet)
})
