import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startProgram } from '../program.js'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gvent-register-'))
})
after(() => rm(folder, { recursive: true }))

async function runFile(name: string, source: string, ...flags: string[]): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, source)
  // Node 20 warns of every ES module that is required, unless it lies in a node_modules folder.
  return printed('--no-warnings', ...flags, file)
}

/** What a program prints that may import the package. */
function runText(source: string, ...flags: string[]): Promise<string> {
  return printed(...flags, '--input-type=module', '--eval', source)
}

async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await startProgram(args).ended
  assert.equal(stderr, '')
  assert.equal(code, 0)
  return stdout
}

const kept = `
const { fetch } = globalThis
console.log(util.types.isProxy(fetch), Symbol.iterator in Promise.prototype)
`

test('--import patches before the first module of a program runs', async () => {
  const source = `import util from 'node:util'${kept}`
  assert.equal(await runFile('import.mjs', source, '--import', 'gvent/register'), 'true true\n')
})

test('--require does so too', async () => {
  const source = `const util = require('node:util')${kept}`
  assert.equal(await runFile('require.cjs', source, '--require', 'gvent/register'), 'true true\n')
})

test('require patches before it returns', async () => {
  const register = JSON.stringify(new URL(import.meta.resolve('gvent/register')).pathname)
  const source = `require(${register}); const util = require('node:util')${kept}`
  assert.equal(await runFile('required.cjs', source), 'true true\n')
})

test('a program that knows nothing of greenlets does what it did', async () => {
  const source = `
    import http from 'node:http'
    const server = http.createServer((request, response) => response.end(request.url))
    server.listen(0, '127.0.0.1', async () => {
      const response = await fetch('http://127.0.0.1:' + server.address().port + '/path')
      console.log(response.status, await response.text())
      server.close()
      server.closeAllConnections()
    })`
  assert.equal(await runFile('server.mjs', source, '--import', 'gvent/register'), '200 /path\n')
})

test('a program without greenlets does not load the modules that it does not use', async () => {
  const source = `
    const slow = process.moduleLoadList.filter((name) => /NativeModule (_?http|https|child_process|crypto|dns|tls|undici)/.test(name))
    console.log(slow)`
  assert.equal(await runFile('lean.mjs', source, '--import', 'gvent/register'), '[]\n')
})

test('what waits for the first greenlet is there when it is asked for, and then in the first greenlet', async () => {
  const asked = `
    import http from 'node:http'
    import { getOriginal, isPatched, unpatchAll } from 'gvent/monkey'
    const had = () => 'sendAll' in http.OutgoingMessage.prototype
    console.log(had(), isPatched(http, 'get'), had())
    unpatchAll()
    console.log(had(), isPatched(http, 'get'), had())`
  assert.equal(await runText(asked, '--import', 'gvent/register'), 'false true true\nfalse false false\n')
  const spawned = `
    import http from 'node:http'
    import { run } from 'gvent'
    await run(() => console.log('sendAll' in http.OutgoingMessage.prototype))`
  assert.equal(await runText(spawned, '--import', 'gvent/register'), 'true\n')
})

test('what was taken back before the first greenlet stays so', async () => {
  const source = `
    import http from 'node:http'
    import { run } from 'gvent'
    import { patchAll, unpatchAll } from 'gvent/monkey'
    console.log(patchAll(), patchAll())
    unpatchAll()
    await run(() => console.log('sendAll' in http.OutgoingMessage.prototype))
    console.log(patchAll(), 'sendAll' in http.OutgoingMessage.prototype)`
  assert.equal(await runText(source), 'true false\nfalse\ntrue true\n')
})
