import type * as childProcess from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { getSystemErrorName } from 'node:util'
import { hideSecrets } from '../diagnostics/hide-secrets.js'
import { showCommand } from './command.js'
import { SpawnError } from './errors.js'

// Loaded when it is needed: most programs start none.
const require = createRequire(import.meta.url)

type Start = (this: ChildProcess, options: Prepared) => number | undefined

/** The options that Node has filled in: a handle for each pipe. */
interface Prepared {
  stdio?: readonly { readonly handle?: { close?: () => void } }[]
}

/**
 * Starts a program.
 *
 * Node knows at once whether the system has started it, but tells in an event later, so that a program that is not there
 * would be a `Popen` that seems to run. It passes through the method that is replaced here for the moment of the call.
 *
 * @throws SpawnError
 * @internal
 */
export function startChild(args: readonly string[], options: SpawnOptions): ChildProcess {
  const { ChildProcess, spawn } = require('node:child_process') as typeof childProcess
  const prototype = ChildProcess.prototype as unknown as { spawn: Start }
  const { spawn: start } = prototype
  let status: number | undefined
  let prepared: Prepared = {}
  prototype.spawn = function (this: ChildProcess, given) {
    prepared = given
    return (status = start.call(this, given))
  }
  let child: ChildProcess
  try {
    child = spawn(args[0]!, args.slice(1), options)
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException
    throw errno === undefined ? error : spawnError(args, options, errno)
  } finally {
    prototype.spawn = start
  }
  // From now on it is raised when a signal cannot be sent, which is no error here: the process is gone.
  child.on('error', ignore)
  if (child.pid !== undefined) return child
  closePipes(child, prepared)
  throw spawnError(args, options, status)
}

// When there are no descriptors left Node forgets the pipes, of which some may have been opened.
function closePipes(child: ChildProcess, { stdio = [] }: Prepared): void {
  const streams = child.stdio as ChildProcess['stdio'] | undefined
  for (const stream of streams ?? []) stream?.destroy()
  if (streams === undefined) for (const { handle } of stdio) handle?.close?.()
}

function ignore(): void {
  // What is worth knowing is known already.
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
      return isPath ? 'the file must not be executed' : 'what is in the PATH under that name must not be executed'
    case 'EMFILE':
    case 'ENFILE':
      return 'no file descriptor is left for its pipes; run fewer at a time (a Pool), or raise `ulimit -n`'
    case 'EAGAIN':
      return 'the system allows no more processes; run fewer at a time (a Pool), or raise `ulimit -u`'
    case 'E2BIG':
      return 'its arguments and its environment are too long; send data by { input }'
    default:
      return `${showCommand(args)} could not be started`
  }
}

function isFolder(path: string | URL): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
