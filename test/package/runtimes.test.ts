import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const script = join(root, 'scripts', 'test-runtimes.js')
const options = ['--only', 'scheduler/queues/queue.test', '--jobs', '1']

/** Writes a program in the place of Deno into a folder, which is the result. */
function withDeno(context: TestContext, source: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'gvent-runtime-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const bin = join(folder, 'node_modules', '.bin')
  mkdirSync(bin, { recursive: true })
  const file = join(bin, 'deno')
  writeFileSync(
    file,
    `#!${process.execPath}\nif (process.argv[2] === '--version') console.log('deno 0.0.0 (a test)')\nelse {${source}}`,
  )
  chmodSync(file, 0o755)
  return folder
}

function start(args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const { NODE_TEST_CONTEXT: _context, ...own } = process.env
  return spawn(process.execPath, [script, ...args], { cwd: root, env: { ...own, ...env }, stdio: 'pipe' })
}

async function outputOf(child: ChildProcess): Promise<{ status: unknown; output: string }> {
  let output = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [status] = (await once(child, 'close')) as unknown[]
  return { status, output }
}

/** Connects itself and two children, of which one is in a group of its own: their connections close when they end. */
const family = `
  const { spawn } = require('node:child_process')
  const script = "require('node:net').connect(process.env.PORT_OF_TEST).on('error', () => process.exit())"
  for (const detached of [false, true]) spawn(process.execPath, ['-e', script], { detached, stdio: 'ignore' })
  eval(script)`

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)
  test(
    `what the tests in a runtime have started ends with them when ${signal} ends the run`,
    { skip: existsSync('/proc/self/environ') ? false : 'needs /proc' },
    async (context) => {
      const from = withDeno(context, family)
      const sockets: Socket[] = []
      const server = createServer().listen(0, '127.0.0.1')
      context.after(() => server.close())
      await once(server, 'listening')
      const port = String((server.address() as AddressInfo).port)
      const child = start(['deno', '--from', from, ...options], { PORT_OF_TEST: port })
      context.after(() => child.kill('SIGKILL'))
      while (sockets.length < 3) {
        const [socket] = (await once(server, 'connection')) as [Socket]
        sockets.push(socket.on('error', () => undefined).resume())
      }
      const closed = Promise.all(sockets.map((socket) => once(socket, 'close')))
      const ended = once(child, 'exit')
      child.kill(signal)
      await closed
      const [status] = (await ended) as unknown[]
      assert.equal(status, { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGKILL: null }[signal])
    },
  )

/** Writes a report with those names that a variable has: `passed|failed`. */
const reporter = `
  const path = process.argv.find((each) => each.startsWith('--junit-path=')).slice(13)
  const [passed, failed] = process.env.NAMES_OF_TEST.split('|')
  require('node:fs').writeFileSync(path,
    '<testcase name="' + passed + '"/>' + (failed ? '<testcase name="' + failed + '"><failure/></testcase>' : ''))
  process.exitCode = failed ? 1 : 0`

test('a run says what passed, and ends with 0', async (context) => {
  const from = withDeno(context, reporter)
  const { status, output } = await outputOf(start(['deno', '--from', from, ...options], { NAMES_OF_TEST: 'one' }))
  assert.match(output, /deno 0\.0\.0, \d+ s: 1 tests of 1 files ran: 1 passed, 0 failed, 0 are exempt/)
  assert.equal(status, 0)
})

test('a test that fails and is not exempt is named, and the run ends with 1', async (context) => {
  const from = withDeno(context, reporter)
  const names = { NAMES_OF_TEST: 'one|a &lt;b&gt;' }
  const { status, output } = await outputOf(start(['deno', '--from', from, ...options], names))
  assert.match(output, /✖ deno: test\/scheduler\/queues\/queue\.test\.js: a <b>\n/)
  assert.match(output, /2 tests of 1 files ran: 1 passed, 1 failed/)
  assert.equal(status, 1)
})

test('arguments that cannot be meant are refused with 2, --help says which there are', async () => {
  for (const args of [
    ['rhino'],
    ['--jobs', 'x'],
    ['--jobs', '0.5'],
    ['--limit', 'Infinity'],
    ['--memory', '0'],
    ['--only', 'no-such-file'],
  ]) {
    const { status, output } = await outputOf(start(args))
    assert.equal(status, 2, output)
  }
  const { status, output } = await outputOf(start(['--help']))
  assert.equal(status, 0)
  for (const word of ['--only', '--from', '--limit', '--memory', '--jobs', '--logs'])
    assert.ok(output.includes(word), word)
})
