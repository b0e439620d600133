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
  const { code, stdout, stderr } = await startProgram(['--no-warnings', ...flags, file]).ended
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
