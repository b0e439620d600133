import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

/** How a program ended, and all that it printed. */
export interface Ended {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
}

/** A program that runs in a process of its own. */
export class Running {
  stdout = ''
  stderr = ''
  private readonly ended: Promise<unknown[]>

  constructor(readonly child: ChildProcess) {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    this.ended = once(child, 'close')
  }

  /** Waits until it has printed `text`, so many times. */
  async printed(text: string | RegExp, times = 1): Promise<string> {
    for (;;) {
      const found = this.stdout.match(new RegExp(text, 'g')) ?? []
      if (found.length >= times) return found[0]!
      await Promise.race([once(this.child.stdout!, 'data'), this.ended])
      if (this.child.exitCode !== null && !new RegExp(text).test(this.stdout)) {
        throw new Error(`it ended without printing ${String(text)}: ${this.stdout}${this.stderr}`)
      }
    }
  }

  /** The port in the first line that it printed. */
  async port(): Promise<number> {
    return Number((await this.printed(/:\d+/)).slice(1))
  }

  async end(): Promise<Ended> {
    await this.ended
    return { stdout: this.stdout, stderr: this.stderr, code: this.child.exitCode }
  }

  /** Ends it as Ctrl-C does. */
  async stop(): Promise<Ended> {
    this.child.kill('SIGINT')
    return this.end()
  }
}

/** Starts one of the examples. */
export function startExample(name: string, ...args: (string | number)[]): Running {
  const file = fileURLToPath(import.meta.resolve(`#examples/sockets/${name}`))
  return startCommand(process.execPath, file, ...args)
}

export function startCommand(command: string, ...args: (string | number)[]): Running {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
  return new Running(spawn(command, args.map(String), { cwd: tmpdir(), env, stdio: 'pipe' }))
}

/** Why a test that needs this command is skipped here, or `false` when it is not. */
export function without(command: string, ...args: string[]): string | false {
  return spawnSync(command, args).error === undefined ? false : `${command} is not installed`
}

/** A client that collects what comes in. */
export class Client {
  text = ''
  error: NodeJS.ErrnoException | undefined
  readonly closed: Promise<unknown>

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => (this.text += text))
    socket.on('error', (error) => (this.error = error))
    this.closed = new Promise((resolve) => socket.once('close', resolve))
  }

  static async connect(port: number, options: object = {}): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', ...options })
    const client = new Client(socket)
    // One that is reset at once may never have been connected.
    await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), client.closed])
    return client
  }

  say(text: string | Uint8Array): void {
    this.socket.write(text)
  }

  async heard(text: string): Promise<void> {
    while (!this.text.includes(text)) {
      await Promise.race([new Promise((resolve) => this.socket.once('data', resolve)), this.closed])
      if (this.socket.destroyed && !this.text.includes(text)) throw new Error(`closed; heard ${this.text}`)
    }
  }
}
