import assert from 'node:assert/strict'
import { spawn as spawnProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { moduleArguments } from '../program.js'

const server = `
  import { StreamServer } from 'gvent'
  const server = new StreamServer({ host: '127.0.0.1' }, function* (socket) {
    for (let chunk = yield* socket.recv(); chunk !== null; chunk = yield* socket.recv()) yield* socket.sendAll(chunk)
  })
  await server.start()
  console.log(server.address().port)
  process.once('SIGTERM', async () => {
    await server.stop({ timeout: 0 })
    console.log(JSON.stringify(server.stats()))
  })
`

/** What a client gets back for a byte, or that it was closed. */
async function ask(port: number): Promise<{ socket: Socket; answer: string }> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('x')
  const answer = new Promise<string>((resolve) => {
    socket.once('data', (chunk) => {
      resolve(String(chunk))
    })
    socket.once('close', () => {
      resolve('closed')
    })
  })
  return { socket, answer: await answer }
}

test(
  'a server without descriptors says so, goes on serving those it has, and recovers',
  { skip: process.platform === 'win32' && 'there is no ulimit' },
  async () => {
    const { NODE_TEST_CONTEXT: _context, ...env } = process.env
    const command = ['-c', 'ulimit -n 160 && exec "$0" "$@"', process.execPath, ...moduleArguments(server)]
    const cwd = fileURLToPath(new URL('../../../../', import.meta.url))
    const child = spawnProcess('sh', command, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
    const said = async (text: string): Promise<void> => {
      while (!output.stderr.includes(text)) await once(child.stderr, 'data')
    }
    await once(child.stdout, 'data')
    const port = Number(output.stdout)

    const clients = await Promise.all(Array.from({ length: 200 }, () => ask(port)))
    await said('Out of file descriptors (EMFILE): <Listener 127.0.0.1:')
    const served = clients.filter(({ answer }) => answer === 'x')
    assert.ok(served.length > 100 && served.length < 160, `${served.length} were served`)
    for (const { socket } of served.slice(1)) socket.destroy()
    await said('File descriptors are available again')
    const late = await ask(port)
    assert.equal(late.answer, 'x')

    const old = served[0]!.socket
    old.write('y')
    assert.equal(String(((await once(old, 'data')) as [Buffer])[0]), 'y')
    child.kill()
    const [code] = (await once(child, 'close')) as [number]
    assert.equal(code, 0, output.stderr)
    const stats = JSON.parse(output.stdout.split('\n')[1]!) as Record<string, number>
    assert.ok(stats['secondsWithoutDescriptors']! >= 1)
    assert.equal(stats['accepted'], served.length + 1)
    for (const { socket } of clients) socket.destroy()
    late.socket.destroy()
  },
)

test('a server for which nothing runs has no timer', async () => {
  const program = `
    import { connect } from 'node:net'
    import { once } from 'node:events'
    const armed = []
    const unarmed = { unref: () => unarmed }
    globalThis.setTimeout = (callback) => { armed.push(callback); return unarmed }
    const { StreamServer } = await import('gvent')
    const server = new StreamServer({ host: '127.0.0.1' }, function* (socket) {
      for (let chunk = yield* socket.recv(); chunk !== null; chunk = yield* socket.recv()) yield* socket.sendAll(chunk)
    })
    await server.start()
    const client = connect(server.address().port, '127.0.0.1')
    for (let turn = 0; turn < 2; turn++) {
      client.write('x')
      await once(client, 'data')
      await new Promise(setImmediate)
      const before = armed.length
      for (const callback of armed.splice(0)) callback()
      console.log(before, armed.length)
    }
    process.exit(0)`
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env
  const cwd = fileURLToPath(new URL('../../../../', import.meta.url))
  const child = spawnProcess(process.execPath, moduleArguments(program), { cwd, env, stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  await once(child, 'close')
  assert.equal(output, '1 0\n1 0\n')
})
