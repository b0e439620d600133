import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { Greenlet, all, getHub, run, sleep, spawn, until } from 'gvent'
import { startProgram } from '../program.js'

const storage = new AsyncLocalStorage<string>()

test('a greenlet has the stores of whoever spawned it, and keeps them over its waits', async () => {
  function* read(): Generator<unknown, (string | undefined)[]> {
    const seen = [storage.getStore()]
    yield
    seen.push(storage.getStore())
    yield* sleep(1)
    seen.push(storage.getStore())
    yield* until(storage.run('another', () => Promise.resolve()))
    seen.push(storage.getStore())
    return seen
  }
  const [first, second] = [storage.run('first', () => spawn(read)), storage.run('second', () => spawn(read))]
  assert.deepEqual(await first, ['first', 'first', 'first', 'first'])
  assert.deepEqual(await second, ['second', 'second', 'second', 'second'])
})

test('a store that a greenlet enters stays with it, and reaches neither siblings nor its spawner', async () => {
  const seen: Record<string, (string | undefined)[]> = { entering: [], sibling: [], child: [], spawner: [] }
  await storage.run('outer', () =>
    run(function* () {
      const entering = spawn(function* () {
        storage.enterWith('inner')
        yield* sleep(1)
        seen['entering']!.push(storage.getStore())
        const child = spawn(function* () {
          seen['child']!.push(storage.getStore())
          storage.enterWith('innermost')
          yield
        })
        yield* child
        seen['entering']!.push(storage.getStore())
      })
      const sibling = spawn(function* () {
        yield* sleep(2)
        seen['sibling']!.push(storage.getStore())
      })
      yield* all([entering, sibling])
      seen['spawner']!.push(storage.getStore())
    }),
  )
  seen['spawner']!.push(storage.getStore())
  assert.deepEqual(seen, {
    entering: ['inner', 'inner'],
    sibling: ['outer'],
    child: ['inner'],
    spawner: ['outer', undefined],
  })
})

test('a promise that a greenlet makes has its store', async () => {
  const seen = await storage.run('mine', () =>
    run(function* () {
      yield* sleep(1)
      return yield* until(Promise.resolve().then(() => storage.getStore()))
    }),
  )
  assert.equal(seen, 'mine')
})

test('an error that nobody observes is on stderr with its causes, and the exit status is 1', async () => {
  const { ended } = startProgram(`
    import { spawn } from 'gvent'
    spawn(function* failing() {
      throw new AggregateError([new Error('one of them')], 'several', { cause: new Error('the cause') })
    })
    setTimeout(() => process.exit(), 20)`)
  const { code, stderr } = await ended
  assert.equal(code, 1)
  assert.match(stderr, /<Greenlet #1 "failing"> ended with an error:\nAggregateError: several\n/)
  assert.match(stderr, /\[cause\]: Error: the cause/)
  assert.match(stderr, /Error: one of them/)
})

test("an exit status of the program's own is kept", async () => {
  const { ended } = startProgram(`
    import { spawn } from 'gvent'
    process.exitCode = 3
    spawn(() => { throw new Error('failure') })`)
  assert.equal((await ended).code, 3)
})

test('a report to a stderr that is closed does no harm', async () => {
  const { child, ended } = startProgram(`
    import { getHub } from 'gvent'
    process.stdin.resume()
    console.log('ready')
    setTimeout(() => { getHub().platform.report('x'); console.log('reported') }, 1)`)
  child.stderr!.destroy()
  const { code, stdout } = await ended
  assert.equal(stdout, 'ready\nreported\n')
  assert.equal(code, 0)
})

test('whoever watches async resources learns that those of greenlets are gone', async () => {
  const { ended } = startProgram([
    '--expose-gc',
    '--input-type=module',
    '--eval',
    `
    import { AsyncLocalStorage, createHook } from 'node:async_hooks'
    import { spawn } from 'gvent'
    new AsyncLocalStorage().run(1, () => undefined)
    const resources = new Set()
    let made = 0
    createHook({
      init: (id, type) => { if (type === 'Greenlet') made++, resources.add(id) },
      destroy: (id) => { resources.delete(id) },
    }).enable()
    for (let index = 0; index < 1000; index++) await spawn(() => undefined)
    for (let round = 0; round < 3; round++) { gc(); await new Promise(setImmediate) }
    console.log(made >= 1000, resources.size < 100)`,
  ])
  assert.equal((await ended).stdout, 'true true\n')
})

test("'gvent' and 'gvent/scheduler' are the same scheduler, with Node under it", async () => {
  const scheduler = await import('gvent/scheduler')
  assert.equal(scheduler.Greenlet, Greenlet)
  assert.equal(scheduler.getHub(), getHub())
  const { ended } = startProgram(`
    import { AsyncLocalStorage } from 'node:async_hooks'
    import { run, sleep } from 'gvent/scheduler'
    const storage = new AsyncLocalStorage()
    await storage.run('kept', () => run(function* () { yield* sleep(1); console.log(storage.getStore()) }))`)
  assert.deepEqual(await ended, { code: 0, signal: null, stdout: 'kept\n', stderr: '' })
})

test('importing the package loads nothing that is slow to load, but for what node:http loads itself', async () => {
  const { ended } = startProgram(`
    import 'node:http'
    const before = new Set(process.moduleLoadList)
    await import('gvent')
    const slow = /undici|internal\\/deps|child_process/
    console.log(process.moduleLoadList.filter((name) => slow.test(name) && !before.has(name)))`)
  assert.equal((await ended).stdout, '[]\n')
})
