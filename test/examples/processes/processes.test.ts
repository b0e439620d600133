import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startCommand, type Running } from '../sockets/example.js'

function start(name: string, ...args: (string | number)[]): Running {
  return startCommand(process.execPath, fileURLToPath(import.meta.resolve(`#examples/processes/${name}`)), ...args)
}

test('checksums of files, in their order; one that is missing does not stop the others', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gvent-'))
  t.after(() => rm(folder, { recursive: true }))
  const files = ['a', 'b'].map((name) => join(folder, name))
  for (const file of files) await writeFile(file, 'hello\n')
  const { stdout, stderr, code } = await start('checksums', files[0]!, join(folder, 'missing'), files[1]!).end()
  assert.equal(stdout, files.map((file) => `3015617425 6 ${file}\n`).join(''))
  assert.match(stderr, /^cksum .* ended with status 1: .*missing/)
  assert.equal(code, 1)
})

test('primes are counted by threads', async () => {
  assert.deepEqual(await start('primes', 10_000).end(), {
    stdout: '1229 primes below 10000\n',
    stderr: '',
    code: 0,
  })
})

test('a web server in two processes', async () => {
  const server = start('cluster', 0, 2)
  const port = await server.port()
  const texts = await Promise.all(
    Array.from({ length: 8 }, async () => (await fetch(`http://127.0.0.1:${port}/`)).text()),
  )
  for (const text of texts) assert.match(text, /^Hello from process \d+\n$/)
  const { stdout, stderr, code } = await server.stop()
  assert.match(stdout, /^Process \d+ serves http:\/\/127.0.0.1:\d+\/\n$/)
  assert.deepEqual([stderr, code], ['', 130])
})
