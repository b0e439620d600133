/** `gvent fetch` on a terminal: Python's `pty` makes one. */
import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { answer, serve, type Peer, type Scope } from './peers.js'

const command = fileURLToPath(import.meta.resolve('#command/main'))
const python = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'
const skip =
  spawnSync('python3', ['-c', 'import os, pty; os.waitstatus_to_exitcode']).status !== 0 && 'needs python3 3.9 or newer'

/** A run on a terminal of 100 columns. */
class Terminal {
  written = ''
  private readonly process: ChildProcessWithoutNullStreams

  constructor(args: readonly string[]) {
    const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...environment } = process.env
    const shell = ['sh', '-c', 'stty cols 100; exec "$@"', 'sh', process.execPath, command, 'fetch', ...args]
    this.process = spawn('python3', ['-c', python, ...shell], { env: { ...environment, TERM: 'xterm' } })
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => (this.written += text))
  }

  /** Waits until something was written. */
  async until(part: RegExp | string): Promise<void> {
    while (this.written.search(part) < 0) await once(this.process.stdout, 'data')
  }

  type(text: string): void {
    this.process.stdin.write(text)
  }

  async end(): Promise<number> {
    const [status] = (await once(this.process, 'close')) as [number]
    return status
  }

  /** What is on the screen in the end. */
  get screen(): string[] {
    return this.written.split('\n').map((line) => {
      const shown = line.replace(/\r$/, '').split(`\r${ESCAPE}[K`).at(-1)!
      return shown.replaceAll(colour, '')
    })
  }
}

const ESCAPE = '\x1b'
const colour = new RegExp(`${ESCAPE}\\[\\d*m`, 'g')

/** A server that answers all but one, whose answer is for the test to give. */
async function serveAllButOne(context: Scope): Promise<{ peer: Peer; last: () => ServerResponse | undefined }> {
  let last: ServerResponse | undefined
  const peer = await serve(context, (request, response) => {
    if (request.url === '/slow') last = response
    else answer(request, response)
  })
  return { peer, last: () => last }
}

test('a bar has the pace, the time that is left and the slowest, and is gone in the end', { skip }, async (context) => {
  const { peer, last } = await serveAllButOne(context)
  const terminal = new Terminal([`${peer.origin}/slow`, `${peer.origin}/{1..20}`])
  await terminal.until(/█.*░.*20\/21 .*\d\/s .*ETA \d.* s http:\S+\/slow/)
  last()!.end('at last')
  assert.equal(await terminal.end(), 0)
  const { screen } = terminal
  assert.equal(screen.filter((line) => line.startsWith('fetched\t')).length, 21)
  assert.ok(screen.some((line) => line.startsWith('When each request ran, over ')))
  assert.ok(screen.some((line) => /^ *1 .*\/slow .* s │ ░+/.test(line)))
  assert.ok(screen.some((line) => line.startsWith('21 fetched; ')))
  assert.ok(!screen.some((line) => line.includes('ETA')))
})

test('Ctrl-C takes the bar away, and counts', { skip }, async (context) => {
  const { peer } = await serveAllButOne(context)
  const terminal = new Terminal(['--concurrency', '1', `${peer.origin}/slow`, `${peer.origin}/{1..20}`])
  await terminal.until('0/21')
  await peer.received(1)
  terminal.type('\x03')
  assert.equal(await terminal.end(), 130)
  const { screen } = terminal
  assert.ok(
    screen.some((line) => line.includes('stopped: 0 fetched, 1 given up, 20 never begun;')),
    terminal.written,
  )
  assert.ok(!screen.some((line) => line.includes('0/21')))
})

test('with --quiet there is no bar', { skip }, async (context) => {
  const { peer } = await serveAllButOne(context)
  const terminal = new Terminal(['--quiet', `${peer.origin}/{1..20}`])
  assert.equal(await terminal.end(), 0)
  assert.ok(!terminal.written.includes('█') && !terminal.written.includes('\x1b'))
  assert.equal(terminal.screen.filter((line) => line.startsWith('fetched\t')).length, 20)
})
