import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { statSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'
import { hideSecrets } from '../diagnostics/hide-secrets.js'
import { spawnAtOnce } from '../node/spawn-at-once.js'
import { showCommand } from './command.js'
import { SpawnError } from './errors.js'

/**
 * Starts a program. One that is not there is an error at once, and not a `Popen` that seems to run.
 *
 * @throws SpawnError
 * @internal
 */
export function startChild(args: readonly string[], options: SpawnOptions): ChildProcess {
  let errno: number | undefined
  try {
    const started = spawnAtOnce(args, options)
    if ('child' in started) return started.child
    errno = started.errno
  } catch (error) {
    ;({ errno } = error as NodeJS.ErrnoException)
    if (errno === undefined) throw error
  }
  throw spawnError(args, options, errno)
}

function spawnError(args: readonly string[], options: SpawnOptions, errno: number | undefined): SpawnError {
  const path = args[0]!
  const code = errno === undefined || errno >= 0 ? 'UNKNOWN' : getSystemErrorName(errno)
  const syscall = `spawn ${path}`
  const error = new SpawnError(hideSecrets(`${syscall} ${code}: ${explain(code, args, options)}`))
  Object.assign(error, { code, errno, syscall, path })
  return Object.defineProperty(error, 'args', { value: args })
}

function explain(code: string, args: readonly string[], { cwd }: SpawnOptions): string {
  const [program = ''] = args
  const isPath = program.includes('/')
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      // The system says the same for both, and people look for the program then.
      if (cwd !== undefined && !isFolder(cwd)) return `there is no folder ${JSON.stringify(String(cwd))} to run it in`
      if (args.length === 1 && program.includes(' ')) {
        return `no program has that name; write ${JSON.stringify(program.split(/\s+/))}, or { shell: true }`
      }
      return isPath ? 'there is no such file, or its interpreter is missing' : 'no such program is in the PATH'
    case 'EACCES':
      return isPath ? 'the file is not executable' : 'the file of that name in the PATH is not executable'
    case 'EMFILE':
    case 'ENFILE':
      return 'no file descriptor is left for its pipes; run fewer at a time (a Pool), or raise `ulimit -n`'
    case 'EAGAIN':
      return 'the system allows no more processes; run fewer at a time (a Pool), or raise `ulimit -u`'
    case 'E2BIG':
      return 'its arguments and its environment are too long; send data through { input }'
    default:
      return `${showCommand(args)} could not be started`
  }
}

function isFolder(path: string | URL): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
