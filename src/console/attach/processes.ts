import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { userInfo } from 'node:os'
import { basename, resolve } from 'node:path'
import { ownSocket } from '../../io/observing/private-socket.js'

/** A process as the system shows it, without a signal to it. Linux only: `/proc`. */
export interface SystemProcess {
  readonly pid: number
  readonly parent: number
  readonly user: number
  readonly command: readonly string[]
  readonly directory: string
  /** The file that it runs; empty when that may not be read. */
  readonly executable: string
  /** Whether a handler for `SIGUSR1` is installed: Node's own, or one of the program's. */
  readonly catchesSIGUSR1: boolean
  /** The value of `NODE_OPTIONS`. */
  readonly nodeOptions: string
  /** Whether it is a worker of a cluster. */
  readonly isClusterWorker: boolean
  /** Its numbers in the PID namespaces that it is in, the outermost first. */
  readonly numbers: readonly number[]
}

/** Whether this system shows its processes in `/proc`. */
export const hasProc: boolean = existsSync('/proc/self/status')

const SIGUSR1_BIT = 1n << 9n

const OPTION_WITH_VALUE =
  /^(?:-r|--require|--import|-C|--conditions|--loader|--experimental-loader|--env-file|--inspect-port|--debug-port)$/

/** @returns `undefined` when there is no such process, or it is a zombie. */
export function readProcess(pid: number): SystemProcess | undefined {
  const status = read(`/proc/${pid}/status`)
  if (status === '') return undefined
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
  if (field('State').startsWith('Z')) return undefined
  const { NODE_OPTIONS: nodeOptions = '', NODE_UNIQUE_ID: workerNumber } = environmentOf(pid)
  return {
    pid,
    nodeOptions,
    isClusterWorker: workerNumber !== undefined,
    parent: Number(field('PPid')),
    user: Number(field('Uid').split(/\s+/)[1]),
    command: read(`/proc/${pid}/cmdline`).split('\0').slice(0, -1),
    directory: link(`/proc/${pid}/cwd`),
    executable: link(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''),
    catchesSIGUSR1: (BigInt(`0x${field('SigCgt') || '0'}`) & SIGUSR1_BIT) !== 0n,
    numbers: field('NSpid').split(/\s+/).filter(Boolean).map(Number),
  }
}

/** All processes of this user, but for this one. */
export function ownProcesses(): SystemProcess[] {
  const { uid } = userInfo()
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((each): each is SystemProcess => each?.user === uid && each.pid !== process.pid)
}

/** Whether it runs a Node: by the name of the file, or since it is the one that runs this. */
export function isNode({ executable }: SystemProcess): boolean {
  return /^node(?:js)?(?:[-\d.]*)?$/.test(basename(executable)) || executable === process.execPath
}

/** The script that a Node runs; empty for `--eval` and the like. */
export function mainScript({ command, directory }: SystemProcess): string {
  const place = placeOfScript(command)
  return place === undefined ? '' : resolve(directory, command[place]!)
}

/** The options of Node itself, in the order in which they count: the last of several wins, and the command line over `NODE_OPTIONS`. */
export function optionsOfNode({ command, nodeOptions }: SystemProcess): string {
  return [nodeOptions, ...command.slice(1, placeOfScript(command))].join(' ')
}

function placeOfScript(command: readonly string[]): number | undefined {
  for (let index = 1; index < command.length; index++) {
    const argument = command[index]!
    if (/^(?:-e|-p|--eval|--print|-pe)$/.test(argument)) return undefined
    if (OPTION_WITH_VALUE.test(argument)) index++
    else if (!argument.startsWith('-')) return index
  }
  return undefined
}

/** Why it is believed to use gvent; empty when nothing speaks for it. */
export function evidenceOfGvent(each: SystemProcess): string {
  if (agentSockets(each).length > 0) return 'it has a socket for questions'
  const script = mainScript(each)
  if (/(?:^|[\s/'"])gvent(?:[/'"\s]|$)/.test(each.command.slice(1).join(' '))) return 'its arguments name gvent'
  if (script === '' || !existsSync(script)) return ''
  try {
    createRequire(script).resolve('gvent')
    return 'its main script can import gvent'
  } catch {
    return ''
  }
}

/** The sockets on which its own thread for questions may listen: that of `GVENT_CONSOLE`, and that of a look before. */
export function agentSockets({ pid, directory, numbers, user }: SystemProcess): string[] {
  const { GVENT_CONSOLE: path, TMPDIR, TMP, TEMP } = environmentOf(pid)
  // The folder is the one that `os.tmpdir()` gives there.
  const own = ownSocket(numbers.at(-1) ?? pid, TMPDIR ?? TMP ?? TEMP ?? '/tmp', user)
  return [...(path === undefined ? [] : [resolve(directory, path)]), own]
    .flatMap((each) => placesOf(pid, each))
    .filter((each) => isOwnSocket(each, user))
}

/** The same where nothing is known of other processes: then the environment of this one has to do. */
export function agentSocketsUnseen(pid: number): string[] {
  const { GVENT_CONSOLE: path } = process.env
  const paths = [...(path === undefined ? [] : [resolve(path)]), ownSocket(pid)]
  // A pipe of Windows is no file.
  return process.platform === 'win32' ? paths : paths.filter((each) => isOwnSocket(each, userInfo().uid))
}

/** Where a file of a process may be reached from here: a container has files of its own. */
export function placesOf(pid: number, path: string): string[] {
  return hasOwn('mnt', pid) ? [`/proc/${pid}/root${path}`, path] : [path]
}

// One that somebody else put there could lie about the process.
function isOwnSocket(path: string, user: number): boolean {
  try {
    const stats = lstatSync(path)
    return stats.isSocket() && (stats.uid === user || stats.uid === userInfo().uid)
  } catch {
    return false
  }
}

/** The TCP ports on which it listens. */
export function listeningPorts(pid: number): number[] {
  const sockets = new Set<string>()
  for (const name of list(`/proc/${pid}/fd`)) {
    const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${name}`))?.[1]
    if (inode !== undefined) sockets.add(inode)
  }
  const ports = new Set<number>()
  for (const table of ['tcp', 'tcp6']) {
    for (const line of read(`/proc/${pid}/net/${table}`).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      if (state === '0A' && sockets.has(inode)) ports.add(parseInt(local.split(':')[1]!, 16))
    }
  }
  return Array.from(ports)
}

/** The process that listens on a port of this machine, if it is seen. */
export function listenerOn(port: number): number | undefined {
  return ownProcesses().find(({ pid }) => listeningPorts(pid).includes(port))?.pid
}

/** Compares the files (`mnt`) or the network of a process with those of this one: a container has its own. */
export function hasOwn(namespace: 'mnt' | 'net', pid: number): boolean {
  const other = link(`/proc/${pid}/ns/${namespace}`)
  return other !== '' && other !== link(`/proc/self/ns/${namespace}`)
}

/** The environment with which the process was started; an empty variable counts as not set. */
function environmentOf(pid: number): Readonly<Partial<Record<string, string>>> {
  const variables: Partial<Record<string, string>> = {}
  for (const each of read(`/proc/${pid}/environ`).split('\0')) {
    const end = each.indexOf('=')
    if (end > 0 && end < each.length - 1) variables[each.slice(0, end)] = each.slice(end + 1)
  }
  return variables
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
