import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client, startExample } from './example.js'

async function join(port: number, name: string): Promise<Client> {
  const client = await Client.connect(port)
  await client.heard('What is your name? ')
  client.say(`${name}\n`)
  await client.heard(`Welcome, ${name}!`)
  return client
}

test('what one says in the room, all others hear', async () => {
  const server = startExample('chat-server', 0)
  const port = await server.port()
  const anna = await join(port, 'anna')
  await anna.heard('Here is nobody else.\n')
  const bert = await join(port, 'bert')
  await bert.heard('Here is anna.\n')
  await anna.heard('* bert has come in\n')
  const cleo = await join(port, 'cleo')
  bert.say('hello\nanybody?\r\n')
  for (const other of [anna, cleo]) await other.heard('bert: hello\nbert: anybody?\n')
  assert.ok(!bert.text.includes('bert:'))
  bert.socket.end()
  for (const other of [anna, cleo]) await other.heard('* bert has left\n')
  cleo.socket.resetAndDestroy()
  await anna.heard('* cleo has left\n')
  anna.socket.destroy()
  assert.equal((await server.stop()).stderr, '')
})

test('a name has to be a word of its own', async () => {
  const server = startExample('chat-server', 0)
  const port = await server.port()
  const anna = await join(port, 'anna')
  const other = await Client.connect(port)
  for (const name of ['', 'two words', 'anna']) {
    await other.heard('What is your name? ')
    other.text = ''
    other.say(`${name}\n`)
    await other.heard('A name is one word')
  }
  other.say('bert\n')
  await other.heard('Welcome, bert! Here is anna.')
  anna.say('hi\n')
  await other.heard('anna: hi')
  const silent = await Client.connect(port)
  silent.socket.end()
  await silent.closed
  anna.socket.destroy()
  other.socket.destroy()
  assert.equal((await server.stop()).stderr, '')
})

test('who does not read is shown out, and so is who says too much at a time', async () => {
  const server = startExample('chat-server', 0)
  const port = await server.port()
  const anna = await join(port, 'anna')
  const slow = await join(port, 'slow')
  slow.socket.pause()
  const line = `${'x'.repeat(60_000)}\n`
  const heard = anna.heard('* slow has left\n')
  let gone = false
  void heard.then(() => (gone = true))
  for (let count = 0; count < 1000 && !gone; count++) {
    if (!anna.socket.write(line)) await new Promise((resolve) => anna.socket.once('drain', resolve))
  }
  await heard
  const loud = await join(port, 'loud')
  loud.say('x'.repeat(100_000))
  await anna.heard('* loud has left\n')
  await loud.closed
  anna.socket.destroy()
  slow.socket.destroy()
  assert.equal((await server.stop()).stderr, '')
})
