import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client, startCommand, startExample, without } from './example.js'

/** A client as the tutorial has it, in Python. */
const pythonClient = `
import socket, sys
client = socket.socket()
client.connect(('127.0.0.1', int(sys.argv[1])))
for text in sys.argv[2:]:
    client.send(text.encode())
    print('got', client.recv(1024).decode(), flush=True)
client.close()
`

/** A server as the tutorial has it, in Python: it serves one client, and ends. */
const pythonServer = `
import socket
server = socket.socket()
server.bind(('127.0.0.1', 0))
server.listen(1)
print('listening at 127.0.0.1:%d' % server.getsockname()[1], flush=True)
client, address = server.accept()
while True:
    data = client.recv(1024)
    if not data:
        break
    client.send(data)
client.close()
`

const noPython = without('python3', '--version')
const noNetcat = without('nc', '-h')

test('the echo client talks with the echo server, and each prints what it hears', async () => {
  const server = startExample('echo-server', 0)
  const port = await server.port()
  assert.equal(server.stdout, `Listening at 127.0.0.1:${port}\n`)
  const client = startExample('echo-client', port)
  await client.printed('> ')
  client.child.stdin!.write('hello\n')
  await client.printed('Received from server: hello\n> ')
  client.child.stdin!.end('\nand goodbye\n')
  await client.printed('Received from server: and goodbye\n')
  assert.deepEqual([(await client.end()).code, client.stderr], [0, ''])
  const { stdout, stderr } = await server.stop()
  assert.match(
    stdout,
    /Connection from 127\.0\.0\.1:\d+\nReceived from client: hello\nEcho: hello\nReceived from client: and goodbye\nEcho: and goodbye\n$/,
  )
  assert.equal(stderr, '')
})

test('the echo server serves everybody at the same time, and one that breaks off disturbs nobody', async () => {
  const server = startExample('echo-server', 0)
  const port = await server.port()
  const clients = await Promise.all(Array.from({ length: 20 }, () => Client.connect(port)))
  clients[0]!.say('reset')
  await clients[0]!.heard('reset')
  clients[0]!.socket.resetAndDestroy()
  for (const [index, client] of [...clients.entries()].reverse().slice(0, 19)) client.say(`I am ${index}`)
  for (const [index, client] of clients.slice(1).entries()) {
    await client.heard(`I am ${index + 1}`)
    client.socket.destroy()
  }
  assert.equal((await server.stop()).stderr, '')
})

test('the echo server talks with Python', { skip: noPython }, async () => {
  const server = startExample('echo-server', 0)
  const client = startCommand('python3', '-c', pythonClient, await server.port(), 'one', 'two')
  const { stdout, stderr, code } = await client.end()
  assert.deepEqual([stdout, stderr, code], ['got one\ngot two\n', '', 0])
  assert.equal((await server.stop()).stderr, '')
})

test('the echo client talks with Python', { skip: noPython }, async () => {
  const server = startCommand('python3', '-c', pythonServer)
  const client = startExample('echo-client', await server.port())
  client.child.stdin!.end('from green to python\n')
  assert.match((await client.end()).stdout, /Received from server: from green to python\n/)
  assert.equal((await server.end()).code, 0)
})

test('the echo client notices that the server has gone', async () => {
  const server = startExample('greenlet-server', 0)
  const client = startExample('echo-client', await server.port())
  client.child.stdin!.write('done\n')
  await client.printed('Received from server: bye!\n')
  client.child.stdin!.write('more\n')
  const { stdout, stderr } = await client.end()
  assert.match(stdout + stderr, /The server has closed the connection|ConnectionResetError/)
  await server.stop()
})

for (const version of ['greenlet-server', 'greenlet-server-by-hand']) {
  test(`${version}: each client has a greenlet, until it says done`, async () => {
    const server = startExample(version, 0)
    const port = await server.port()
    const [first, second] = [await Client.connect(port), await Client.connect(port)]
    first.say('from the first')
    second.say('from the second')
    await first.heard('from the first')
    await second.heard('from the second')
    first.say('done\r\n')
    await first.closed
    assert.equal(first.text, 'from the firstbye!\n')
    second.say(', which goes on')
    await second.heard('from the second, which goes on')
    second.socket.resetAndDestroy()
    const third = await Client.connect(port)
    third.say('done')
    await third.closed
    assert.equal(third.text, 'bye!\n')
    const { stdout, stderr } = await server.stop()
    assert.equal(stdout.match(/^connected from 127\.0\.0\.1:\d+$/gm)?.length, 3)
    assert.equal(stderr, '')
  })

  test(`${version} talks with Python`, { skip: noPython }, async () => {
    const server = startExample(version, 0)
    const client = startCommand('python3', '-c', pythonClient, await server.port(), 'hi', 'done')
    assert.equal((await client.end()).stdout, 'got hi\ngot bye!\n\n')
    await server.stop()
  })

  test(`${version} talks with nc`, { skip: noNetcat }, async () => {
    const server = startExample(version, 0)
    const client = startCommand('nc', '127.0.0.1', await server.port())
    client.child.stdin!.write('hi\n')
    await client.printed('hi\n')
    client.child.stdin!.end('done\n')
    assert.equal((await client.end()).stdout, 'hi\nbye!\n')
    await server.stop()
  })
}
