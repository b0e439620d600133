import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'

const command = fileURLToPath(new URL('../../../../dist/bundles/gvent.js', import.meta.url))

/** What became of a run of the fetcher. */
export interface Outcome {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  /** What was printed, in lines. */
  readonly stdout: string[]
  readonly stderr: string[]
}

/** How the fetcher is started. */
export interface RunOptions {
  readonly nodeArgs?: readonly string[]
  readonly environment?: NodeJS.ProcessEnv
  /** The file to run, and arguments before those of the run: `gvent fetch` unless given. */
  readonly program?: readonly string[]
  /** Where standard output goes, in place of the outcome. */
  readonly stdout?: number
}

/** A run of the fetcher, as a process of its own. */
export class Run {
  readonly process: ChildProcessWithoutNullStreams
  /** Resolves when it has ended. */
  readonly outcome: Promise<Outcome>

  /** Starts it. Its standard input stays open until somebody ends it. */
  constructor(
    args: readonly string[],
    { nodeArgs = [], environment, program = [command, 'fetch'], stdout }: RunOptions = {},
  ) {
    // The test runner's own settings would make a Node below it report as a test; proxies are for those tests that set them.
    const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...inherited } = process.env
    const env = Object.fromEntries(Object.entries(inherited).filter(([name]) => !/_proxy$/i.test(name)))
    this.process = spawn(process.execPath, [...nodeArgs, ...program, ...args], {
      env: { ...env, ...environment },
      stdio: ['pipe', stdout ?? 'pipe', 'pipe'],
    }) as ChildProcessWithoutNullStreams
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
export async function fetcher(args: readonly string[], input = '', options: RunOptions = {}): Promise<Outcome> {
  const run = new Run(args, options)
  run.process.stdin.end(input)
  return run.outcome
}

async function outcomeOf(process: ChildProcessWithoutNullStreams): Promise<Outcome> {
  const [stdout, stderr, [status, signal]] = await Promise.all([
    textOf(process.stdout as Readable | null),
    textOf(process.stderr),
    once(process, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ])
  return { status, signal, stdout: linesOf(stdout), stderr: linesOf(stderr) }
}

/** All that comes, until the end or until somebody destroys the stream. */
async function textOf(stream: Readable | null): Promise<string> {
  if (stream === null) return ''
  let text = ''
  stream.setEncoding('utf8').on('data', (part: string) => (text += part))
  await once(stream, 'close')
  return text
}

function linesOf(output: string): string[] {
  return output === '' ? [] : output.replace(/\n$/, '').split('\n')
}
