import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

/** An example that runs in a process of its own. */
export interface Example {
  /** What it said first: where it can be reached. */
  readonly firstLine: string
  readonly port: number
  /** Ends it as Ctrl-C does. */
  stop(): Promise<{ stdout: string; stderr: string; code: number | null; signal: string | null }>
}

/** Starts an example on a port that is free, and waits until it says where it listens. */
export async function startExample(name: string, cwd: string = tmpdir()): Promise<Example> {
  const file = fileURLToPath(import.meta.resolve(`#examples/http-server/${name}`))
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
  const child = spawn(process.execPath, [file, '0'], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const ended = once(child, 'close') as Promise<[number | null, string | null]>
  while (!output.stdout.includes('\n')) {
    await Promise.race([once(child.stdout, 'data'), ended])
    if (child.exitCode !== null) throw new Error(output.stderr)
  }
  const [firstLine] = output.stdout.split('\n') as [string]
  return {
    firstLine,
    port: Number(/(\d+)\D*$/.exec(firstLine)![1]),
    stop: async () => {
      child.kill('SIGINT')
      const [code, signal] = await ended
      return { ...output, code, signal }
    },
  }
}
