import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProgram } from '../program.js'

async function outputOf(source: string): Promise<string> {
  const { code, stdout, stderr } = await startProgram(`
    import { AsyncLocalStorage } from 'node:async_hooks'
    ${source}`).ended
  assert.equal(stderr, '')
  assert.equal(code, 0)
  return stdout
}

test('the first store of a process that is entered inside a greenlet stays with it alone', async () => {
  const output = await outputOf(`
    import { joinAll, sleep, spawn } from 'gvent'
    const storage = new AsyncLocalStorage()
    const log = []
    function* enters() {
      yield
      storage.enterWith(1)
      storage.enterWith('mine')
      log.push(storage.getStore())
      yield* sleep(1)
      log.push(storage.getStore())
      log.push(yield* spawn(() => storage.getStore()))
    }
    function* sibling() {
      for (let turn = 0; turn < 5; turn++) {
        yield
        if (storage.getStore() !== undefined) log.push('leaked')
      }
      yield* sleep(5)
      if (storage.getStore() !== undefined) log.push('leaked later')
    }
    await joinAll([spawn(sibling), spawn(enters), spawn(sibling)])
    console.log(log.join(), storage.getStore())`)
  assert.equal(output, 'mine,mine,mine undefined\n')
})

test('what is spawned inside the first run() of a process has its store', async () => {
  const output = await outputOf(`
    import { sleep, spawn } from 'gvent'
    const storage = new AsyncLocalStorage()
    const before = spawn(function* () { yield* sleep(2); return storage.getStore() })
    const inside = storage.run('store', () => spawn(function* () { yield* sleep(1); return storage.getStore() }))
    const after = spawn(function* () { yield* sleep(1); return storage.getStore() })
    console.log(await before, await inside, await after)`)
  assert.equal(output, 'undefined store undefined\n')
})

test('a store that was set before the library was loaded is seen', async () => {
  const output = await outputOf(`
    const storage = new AsyncLocalStorage()
    await storage.run('early', async () => {
      const { sleep, spawn } = await import('gvent')
      console.log(await spawn(function* () { yield* sleep(1); return storage.getStore() }))
    })`)
  assert.equal(output, 'early\n')
})

test('the methods of AsyncLocalStorage are as they were once one is used', async () => {
  const output = await outputOf(`
    const { run, enterWith } = AsyncLocalStorage.prototype
    await import('gvent')
    new AsyncLocalStorage().run(1, () => undefined)
    console.log(AsyncLocalStorage.prototype.run === run, AsyncLocalStorage.prototype.enterWith === enterWith)`)
  assert.equal(output, 'true true\n')
})
