import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Sends a request, and gives the connection on which the answer would come. */
export async function ask(port: number, path: string, body?: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const head = body === undefined ? `GET ${path}` : `POST ${path}`
  const headers = body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`
  socket.write(`${head} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`)
  // The body comes later, by callbacks of the connection.
  if (body !== undefined) {
    await new Promise((resolve) => setImmediate(resolve))
    socket.write(body)
  }
  return socket
}

/** Waits until a condition holds, and fails when it does not after very many turns of the loop. */
export async function reached(holds: () => boolean, what: string): Promise<void> {
  for (let turns = 0; !holds(); turns++) {
    assert.ok(turns < 1_000_000, what)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
