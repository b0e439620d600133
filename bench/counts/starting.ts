import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Counts } from './count.js'

const entries = ['gvent', 'gvent/scheduler']

/** Counts with valgrind the instructions that an import takes, above those of an empty program. */
export async function countStarting(node: string): Promise<Counts> {
  const empty = await countProgram(node, '')
  const counts: Record<string, number> = {}
  for (const entry of entries) {
    counts[`start: import ${entry}`] = (await countProgram(node, `import '${entry}'`)) - empty
  }
  return counts
}

async function countProgram(node: string, program: string): Promise<number> {
  const flags = ['--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1']
  const command = ['--tool=callgrind', '--callgrind-out-file=/dev/null', node, ...flags]
  const env = { ...process.env, NODE_OPTIONS: '' }
  const { stderr } = await promisify(execFile)('valgrind', [...command, '--input-type=module', '--eval', program], {
    env,
  })
  return Number(/Collected : (\d+)/.exec(stderr)![1])
}
