import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProgram } from '../program.js'

async function outputOf(source: string, variables?: NodeJS.ProcessEnv): Promise<string> {
  const { code, stdout, stderr } = await startProgram(
    `
    import { AsyncLocalStorage } from 'node:async_hooks'
    ${source}`,
    variables,
  ).ended
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

test('however late the first store is entered inside a greenlet, the code around does not see it', async () => {
  const output = await outputOf(`
    import { sleep, spawn } from 'gvent'
    await new Promise((resolve) => setTimeout(resolve, 10))
    const [first, second] = [new AsyncLocalStorage(), new AsyncLocalStorage()]
    const stores = await spawn(function* () {
      yield
      first.enterWith(1)
      second.enterWith(2)
      yield* sleep(1)
      return [first.getStore(), second.getStore()]
    })
    console.log(stores.join(), first.getStore(), second.getStore())`)
  assert.equal(output, '1,2 undefined undefined\n')
})

const { node, ...others } = process.versions
const takesFlag = Number(node.split('.')[0]) >= 24 && !('bun' in others) && !('deno' in others)
test(
  'the first store that is entered as soon as something has come is not that of the socket, under the flag',
  { skip: !takesFlag && 'needs Node 24' },
  async () => {
    const output = await outputOf(
      `
      import { connect, listen, run, sleep, spawn, until } from 'gvent'
      const storage = new AsyncLocalStorage()
      run(function* () {
        const listener = yield* listen({ host: '127.0.0.1' })
        const near = yield* connect({ host: '127.0.0.1', port: listener.port })
        const far = yield* listener.accept()
        listener.close()
        const reader = spawn(function* () {
          yield* near.recv()
          storage.enterWith('mine')
          yield* sleep(1)
          return storage.getStore()
        })
        yield* sleep(1)
        yield* far.sendAll('go')
        const own = yield* reader
        const node = near.detach()
        const seen = new Promise((resolve) => node.on('data', () => resolve(storage.getStore())))
        yield* far.sendAll('more')
        console.log(own, yield* until(seen))
        node.destroy()
        yield* far.close()
      })`,
      { NODE_OPTIONS: '--no-async-context-frame' },
    )
    assert.equal(output, 'mine undefined\n')
  },
)

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

test('loading the library uses no AsyncLocalStorage', async () => {
  const output = await outputOf(`
    const used = []
    for (const name of ['run', 'enterWith', 'exit', 'disable', 'getStore']) {
      const original = AsyncLocalStorage.prototype[name]
      AsyncLocalStorage.prototype[name] = function (...args) {
        used.push(name)
        return original.apply(this, args)
      }
    }
    await import('gvent')
    await import('gvent/monkey/all')
    console.log(used.length)`)
  assert.equal(output, '0\n')
})

test('a second copy of the library leaves the first one as it is until a storage is used', async () => {
  const output = await outputOf(`
    import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
    import { createRequire } from 'node:module'
    import { tmpdir } from 'node:os'
    import { dirname, join } from 'node:path'
    import { pathToFileURL } from 'node:url'
    import { isProxy } from 'node:util/types'
    const entry = createRequire(process.cwd() + '/program.js').resolve('gvent')
    const folder = mkdtempSync(join(tmpdir(), 'gvent-copy-'))
    cpSync(dirname(entry), join(folder, 'dist'), { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    const first = await import('gvent')
    const second = await import(pathToFileURL(join(folder, 'dist', 'index.js')).href)
    rmSync(folder, { recursive: true })
    // Both still wait for the first use.
    console.log(first.spawn !== second.spawn, isProxy(AsyncLocalStorage.prototype.run), isProxy(AsyncLocalStorage.prototype.enterWith))
    const storage = new AsyncLocalStorage()
    const stores = await storage.run('store', () =>
      Promise.all([first, second].map(({ spawn, sleep }) => spawn(function* () { yield* sleep(1); return storage.getStore() }))))
    console.log(stores.join(), isProxy(AsyncLocalStorage.prototype.run))`)
  assert.equal(output, 'true true true\nstore,store false\n')
})

// Nothing that is public leads to the class of frames: Node may hide it, and keeps contexts in another way under a flag.
const ways = {
  'as Node comes': '',
  'where the class of frames cannot be had': `
    const { AsyncResource } = await import('node:async_hooks')
    new AsyncLocalStorage().run(1, () => {
      const resource = new AsyncResource('any')
      for (const symbol of Object.getOwnPropertySymbols(resource)) {
        if (symbol.description !== 'context_frame' || resource[symbol] === undefined) continue
        Object.defineProperty(Object.getPrototypeOf(resource[symbol]), 'constructor', { value: Object })
      }
    })`,
}
for (const [way, preparation] of Object.entries(ways)) {
  test(`each greenlet keeps its stores over all its waits, and nobody else has them: ${way}`, async () => {
    const output = await outputOf(`
      ${preparation}
      const { joinAll, sleep, spawn } = await import('gvent')
      const [shared, own] = [new AsyncLocalStorage(), new AsyncLocalStorage()]
      const faults = []
      function* inner(id) {
        yield
        if (own.getStore() !== id || shared.getStore() !== 'shared') faults.push('a child of ' + id)
        own.enterWith('child')
      }
      function* outer(id) {
        if (own.getStore() !== undefined) faults.push(id + ' begins with ' + own.getStore())
        own.enterWith(id)
        for (let turn = 0; turn < 20; turn++) {
          if (turn % 3 === 0) yield* sleep(1)
          else yield
          if (own.getStore() !== id || shared.getStore() !== 'shared') faults.push(id + ' has ' + own.getStore())
          own.run('nested', () => { if (own.getStore() !== 'nested') faults.push('nested') })
          const child = turn === 5 ? spawn(inner, id) : undefined
          if (child) yield* child
          if (turn === 10) yield* until(async () => {
            await undefined
            own.enterWith('in a promise')
          })
        }
        own.exit(() => { if (own.getStore() !== undefined) faults.push('exit') })
        try { yield* sleep(Infinity) } finally { if (own.getStore() !== id) faults.push(id + ' is killed with ' + own.getStore()) }
      }
      const { until } = await import('gvent')
      const all = shared.run('shared', () => Array.from({ length: 50 }, (_, id) => spawn(outer, id)))
      await sleep(100)
      const alone = spawn(function* () { yield; return [own.getStore(), shared.getStore()].join() })
      for (const greenlet of all) own.run('killer', () => void greenlet.kill())
      await joinAll(all)
      console.log(faults[0] ?? 'fine', await alone, own.getStore(), shared.getStore())`)
    assert.equal(output, 'fine , undefined undefined\n')
  })
}
