import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'

const program = fileURLToPath(import.meta.resolve('#examples/fetcher/main'))

/** What became of a run of the fetcher. */
export interface Outcome {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  /** What was printed, in lines. */
  readonly stdout: string[]
  readonly stderr: string[]
}

/** A run of the fetcher, as a process of its own. */
export class Run {
  readonly process: ChildProcessWithoutNullStreams
  /** Resolves when it has ended. */
  readonly outcome: Promise<Outcome>

  /** Starts it. Its standard input stays open until somebody ends it. */
  constructor(args: string[], nodeArgs: string[] = []) {
    this.process = spawn(process.execPath, [...nodeArgs, program, ...args])
    // A process that ends does not read all that was written to it.
    this.process.stdin.on('error', () => undefined)
    this.outcome = outcomeOf(this.process)
  }

  /** Waits for something that happens while it runs. */
  async during<T>(event: Promise<T>): Promise<T> {
    const tooEarly = this.outcome.then((outcome) => {
      throw new Error(`it ended before that: ${inspect(outcome)}`)
    })
    return Promise.race([event, tooEarly])
  }

  /** The next piece of text that it prints. */
  async nextOutput(): Promise<string> {
    const [data] = await this.during(once(this.process.stdout, 'data') as Promise<[Buffer]>)
    return data.toString()
  }
}

/** Runs the fetcher to its end, with `input` on standard input. */
export async function fetcher(args: string[], input = '', nodeArgs: string[] = []): Promise<Outcome> {
  const run = new Run(args, nodeArgs)
  run.process.stdin.end(input)
  return run.outcome
}

async function outcomeOf(process: ChildProcessWithoutNullStreams): Promise<Outcome> {
  const [stdout, stderr, [status, signal]] = await Promise.all([
    textOf(process.stdout),
    textOf(process.stderr),
    once(process, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ])
  return { status, signal, stdout: linesOf(stdout), stderr: linesOf(stderr) }
}

/** All that comes, until the end or until somebody destroys the stream. */
async function textOf(stream: Readable): Promise<string> {
  let text = ''
  stream.setEncoding('utf8').on('data', (part: string) => (text += part))
  await once(stream, 'close')
  return text
}

function linesOf(output: string): string[] {
  return output === '' ? [] : output.replace(/\n$/, '').split('\n')
}
