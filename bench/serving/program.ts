import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** Those that run: none outlives this process. */
const running = new Set<Program>()
process.on('exit', () => {
  for (const program of running) program.end()
})

/** A process that says something line by line. */
export class Program {
  readonly process: ChildProcessByStdio<Writable, Readable, null>
  private readonly lines: AsyncIterator<string>

  constructor([file, ...parameters]: readonly string[]) {
    this.process = spawn(file!, parameters, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.lines = createInterface(this.process.stdout)[Symbol.asyncIterator]()
    running.add(this)
    this.process.once('exit', () => running.delete(this))
  }

  async line(): Promise<string> {
    const { value, done } = (await this.lines.next()) as IteratorResult<string, undefined>
    if (done) throw new Error(`${this.process.spawnfile} has ended: ${this.process.spawnargs.join(' ')}`)
    return value
  }

  async ask(question: string): Promise<string> {
    this.process.stdin.write(`${question}\n`)
    return this.line()
  }

  /** The nanoseconds that the processor has spent on it: all threads, user and system. */
  processorTime(): number {
    const folder = `/proc/${this.process.pid}/task`
    const spent = readdirSync(folder).map((thread) => readFileSync(`${folder}/${thread}/schedstat`, 'utf8'))
    return spent.reduce((sum, text) => sum + parseInt(text, 10), 0)
  }

  residentMemory(): number {
    const [kilobytes] = /(?<=VmRSS:\s+)\d+/.exec(readFileSync(`/proc/${this.process.pid}/status`, 'utf8'))!
    return Number(kilobytes) * 1024
  }

  end(): void {
    this.process.kill('SIGKILL')
  }
}
