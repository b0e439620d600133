import assert from 'node:assert/strict'
import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { withPlainKill } from '../../io/program.js'
import { ask } from './client.js'

const program = fileURLToPath(new URL('ends-on-signal.js', import.meta.url))

/** The program, with a request in the middle of its payment. */
class Shop {
  printed = ''
  readonly child: ChildProcessByStdio<Writable, Readable, null>

  constructor(kind: string, deadline: number) {
    this.child = withPlainKill(
      spawn(process.execPath, [program, kind, String(deadline)], { stdio: ['pipe', 'pipe', 'inherit'] }),
    )
    this.child.stdout.setEncoding('utf8').on('data', (chunk: string) => (this.printed += chunk))
  }

  async line(wanted: string): Promise<void> {
    while (!this.printed.includes(wanted)) {
      const [chunk] = (await Promise.race([once(this.child.stdout, 'data'), once(this.child, 'close')])) as [unknown]
      assert.equal(typeof chunk, 'string', `it ended before ${wanted}: ${this.printed}`)
    }
  }

  get port(): number {
    return Number(/listening on (\d+)/.exec(this.printed)![1])
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}

for (const kind of ['node:http', 'HTTPServer', 'Express in HTTPServer']) {
  test(`${kind}: SIGTERM kills the handlers that are left at the deadline, and ends the program`, async () => {
    const shop = new Shop(kind, 20)
    await shop.line('listening')
    const socket = await ask(shop.port, '/pay')
    await shop.line('charging')
    shop.child.kill('SIGTERM')
    const [code] = (await once(shop.child, 'close')) as [number]
    assert.equal(shop.printed.replace(/.*\n/, ''), 'begin\ncharging\nrollback\n')
    assert.equal(code, 143)
    socket.destroy()
  })

  test(`${kind}: after SIGTERM no connection is accepted, and a request ends in its time`, async () => {
    const shop = new Shop(kind, 1_000_000)
    await shop.line('listening')
    const { port } = shop
    const socket = await ask(port, '/pay')
    const answer = text(socket)
    await shop.line('charging')
    shop.child.kill('SIGTERM')
    for (let attempts = 0; await connects(port); attempts++) assert.ok(attempts < 100_000, 'it goes on accepting')
    const closed = once(shop.child, 'close')
    shop.child.stdin.write('go on')
    assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n[^]*paid/)
    assert.deepEqual(await closed, [143, null])
    assert.match(shop.printed, /commit/)
  })
}
