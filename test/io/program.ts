import { spawn as spawnProcess, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** Why tests that look into other processes are skipped, or `false`. */
export const withoutProcesses: string | false = existsSync('/proc/self/status') ? false : 'needs /proc'

/** A program that runs in a process of its own, in the place of a user's. */
export interface Program {
  readonly child: ChildProcess
  /** Resolves when the program has printed `text`, on its stdout unless said otherwise; rejects when it ends before. */
  readonly printed: (text: string, stream?: 'stdout' | 'stderr') => Promise<void>
  /** How it ended, and all that it printed. */
  readonly ended: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>
}

/** Starts Node with the text of an ES module, or with arguments of your own; variables are added to the environment. */
export function startProgram(source: string | string[], variables: NodeJS.ProcessEnv = {}): Program {
  const args = typeof source === 'string' ? moduleArguments(source) : source
  // The test runner's own settings would make a Node below it report as a test.
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
  const child = withPlainKill(
    spawnProcess(process.execPath, args, {
      cwd: root,
      env: { ...env, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => ({
    code: code as number | null,
    signal: signal as string | null,
    ...output,
  }))
  return {
    child,
    ended,
    printed: async (text, stream = 'stdout') => {
      while (!output[stream].includes(text)) {
        const end = await Promise.race([once(child[stream], 'data'), ended])
        if ('code' in end && !output[stream].includes(text)) {
          throw new Error(
            `the program has ended with ${end.code ?? end.signal} before it printed ${text}:\n${end.stderr}`,
          )
        }
      }
    },
  }
}

/**
 * Has `child.kill()` send the signal and do nothing else on Deno, whose own closes pipes, and says of a program that handled the
 * signal that this ended it.
 */
export function withPlainKill<C extends ChildProcess>(child: C): C {
  if (!('Deno' in globalThis)) return child
  child.kill = (signal) => {
    try {
      return child.exitCode === null && child.signalCode === null && process.kill(child.pid!, signal)
    } catch {
      // It has just ended.
      return false
    }
  }
  return child
}

/** The arguments that run an ES module. Deno takes none as a text from a program that starts it as Node is started: there it is a file. */
export function moduleArguments(source: string): string[] {
  if (!('Deno' in globalThis)) return ['--input-type=module', '--eval', source]
  const folder = join(root, 'build', 'programs')
  mkdirSync(folder, { recursive: true })
  const file = join(mkdtempSync(join(folder, 'program-')), 'program.mjs')
  writeFileSync(file, source)
  return [file]
}
