import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startProgram } from '../io/program.js'

const program = fileURLToPath(new URL('../../../dist/bundles/gvent.js', import.meta.url))
const gvent = (...args: string[]): ReturnType<typeof startProgram>['ended'] => startProgram([program, ...args]).ended

test('gvent --help tells the commands', async () => {
  const { code, stdout } = await gvent('--help')
  assert.equal(code, 0)
  assert.match(stdout, /gvent fetch \[options\]/)
})

test('gvent --help opens no file of the package but its own', async () => {
  const { stdout } = await startProgram([
    '--input-type=module',
    '--eval',
    `import { Session } from 'node:inspector'
    process.argv = [process.argv0, ${JSON.stringify(program)}, '--help']
    await import(${JSON.stringify(pathToFileURL(program).href)})
    await new Promise((resolve) => {
      const session = new Session()
      session.connect()
      session.on('Debugger.scriptParsed', ({ params: { url } }) => url.includes('/dist/') && console.log('opened', url))
      session.post('Debugger.enable', () => resolve())
    })`,
  ]).ended
  assert.match(stdout, /^Usage: gvent <command>/)
  assert.deepEqual(stdout.match(/opened .*/g), [`opened ${pathToFileURL(program).href}`])
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
  assert.equal(stderr, 'gvent: there is no command "fecth"\nRun gvent --help for the list of commands.\n')
})

test('gvent fetch hands its options to the fetcher, and a mistake in them is one for it', async () => {
  const { code, stderr } = await gvent('fetch', '--concurency', '3')
  assert.equal(code, 2)
  assert.match(stderr, /^gvent fetch: .*did you mean --concurrency\?\nRun gvent fetch --help for usage\.\n$/)
  assert.match((await gvent('fetch', '--help')).stdout, /^Usage: gvent fetch /)
})
