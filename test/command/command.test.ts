import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startProgram } from '../io/program.js'

const program = fileURLToPath(new URL('../../../dist/bundles/gvent.js', import.meta.url))
const gvent = (...args: string[]): ReturnType<typeof startProgram>['ended'] => startProgram([program, ...args]).ended

test('gvent --help tells the commands', async () => {
  const { code, stdout } = await gvent('--help')
  assert.equal(code, 0)
  assert.match(stdout, /gvent fetch \[options\]/)
})

test('gvent without a command tells the commands on stderr, with status 2', async () => {
  const { code, stdout, stderr } = await gvent()
  assert.deepEqual({ code, stdout }, { code: 2, stdout: '' })
  assert.match(stderr, /^Usage: gvent <command>/)
})

test('gvent --version prints the version of the package', async () => {
  const manifest = await readFile(new URL('../../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  assert.equal((await gvent('--version')).stdout, `${version}\n`)
})

test('an unknown command is named, with status 2', async () => {
  const { code, stderr } = await gvent('fecth')
  assert.equal(code, 2)
  assert.equal(stderr, 'gvent: there is no command "fecth"\ngvent --help lists the commands.\n')
})

test('gvent fetch hands its options to the fetcher, and a mistake in them is one for it', async () => {
  const { code, stderr } = await gvent('fetch', '--concurency', '3')
  assert.equal(code, 2)
  assert.match(stderr, /^gvent fetch: .*did you mean --concurrency\?\ngvent fetch --help says what can be written\.\n$/)
  assert.match((await gvent('fetch', '--help')).stdout, /^Usage: gvent fetch /)
})
