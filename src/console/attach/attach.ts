import { setTimeout as pause } from 'node:timers/promises'
import { userInfo } from 'node:os'
import { EXAMPLE_PATH } from '../../io/node/pipe-name.js'
import { AgentConnection } from './agent-connection.js'
import { AttachError, NoAnswerError, type Connection } from './connection.js'
import { InspectorConnection, listTargets } from './inspector-connection.js'
import {
  agentSockets,
  agentSocketsUnseen,
  hasOwn,
  hasProc,
  isNode,
  listenerOn,
  listeningPorts,
  optionsOfNode,
  placesOf,
  readProcess,
  type SystemProcess,
} from './processes.js'

export interface AttachOptions {
  /** Whether `SIGUSR1` may be sent. */
  readonly signal: boolean
  /** Whether the look lasts, so that a thread in the process answers and the inspector is closed. */
  readonly lasts: boolean
  /** Says what is being done to the process. */
  readonly say: (line: string) => void
}

/** The answer to `presence`. */
export interface Presence {
  readonly copies: number
  readonly protocol: number
  readonly pid: number
  readonly ppid: number
  readonly node: string
  readonly up: number
  readonly alive: number
  readonly turns: number
  readonly running: string
  readonly stack: string[]
}

/** How long, in milliseconds, the inspector may take to open: a busy machine is slow. */
const OPENING = 10_000
const DEFAULT_PORT = 9229

/**
 * Finds a way into a process: the socket of its thread for questions, an inspector that is open, `SIGUSR1`.
 *
 * @throws AttachError with the way out, when there is none.
 */
export async function attach(pid: number, options: AttachOptions): Promise<Connection> {
  const target = findProcess(pid)
  const connection = await open(pid, target, options)
  try {
    const presence = (await connection.ask('presence', undefined, OPENING)) as Presence
    if (presence.copies === 0) {
      throw new AttachError(
        `process ${pid} has not loaded gvent; npx gvent ps lists those that use it ` +
          '(versions of gvent without this command cannot be inspected)',
      )
    }
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}

function findProcess(pid: number): SystemProcess | undefined {
  if (!hasProc) {
    try {
      process.kill(pid, 0)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new AttachError(code === 'EPERM' ? foreign(pid, undefined) : dead(pid))
    }
    return undefined
  }
  const target = readProcess(pid)
  if (target === undefined) throw new AttachError(dead(pid))
  const { uid } = userInfo()
  if (target.user !== uid && uid !== 0) throw new AttachError(foreign(pid, target.user))
  return target
}

const dead = (pid: number): string =>
  `there is no process ${pid}${hasProc ? '; npx gvent ps lists those that use gvent' : ''}`

const foreign = (pid: number, user: number | undefined): string =>
  `process ${pid} belongs to another user; run the command as that user` +
  (user === undefined ? '' : `: sudo -u '#${user}' npx gvent …`)

async function open(pid: number, target: SystemProcess | undefined, options: AttachOptions): Promise<Connection> {
  for (const path of target === undefined ? agentSocketsUnseen(pid) : agentSockets(target)) {
    const connection = await openAgent(path, target === undefined ? pid : numberOf(target))
    if (connection !== undefined) return connection
  }
  if (target === undefined) throw new AttachError(NO_PROC)
  if (!isNode(target)) {
    throw new AttachError(
      `process ${pid} (${[target.executable, target.command[0], 'unknown'].find(Boolean)!}) is not a Node`,
    )
  }
  const isDistant = hasOwn('net', pid)
  const port = isDistant
    ? undefined
    : await findInspector(listeningPorts(pid).filter((each) => mayBeInspector(each, target)))
  if (port !== undefined) {
    const opened = await InspectorConnection.open(numberOf(target), port, false)
    return options.lasts ? moveToAgent(pid, opened, options) : opened
  }
  return signal(target, isDistant, options)
}

/** The thread of that process that serves a socket; children have the same `GVENT_CONSOLE`, and may serve it in its place. */
async function openAgent(path: string, number: number): Promise<AgentConnection | undefined> {
  try {
    const connection = await AgentConnection.open(path)
    try {
      const { pid } = (await connection.ask('presence', undefined, OPENING)) as Presence
      if (pid === number) return connection
    } catch (error) {
      await connection.close()
      throw error
    }
    await connection.close()
  } catch (error) {
    if (error instanceof NoAnswerError) throw error
    // It was left behind by a process of that number before.
  }
  return undefined
}

/** The number by which the process knows itself. */
function numberOf({ pid, numbers }: SystemProcess): number {
  return numbers.at(-1) ?? pid
}

const NO_PROC =
  'this system has no /proc, so a process can only be inspected if it and this command were started with the same ' +
  `GVENT_CONSOLE=${EXAMPLE_PATH}; in the program, serveConsole() of gvent/console serves a page`

const PREPARE = `start it with GVENT_CONSOLE=${EXAMPLE_PATH}`

async function signal(target: SystemProcess, isDistant: boolean, options: AttachOptions): Promise<Connection> {
  const { pid } = target
  if (isDistant) {
    throw new AttachError(
      `process ${pid} is in a container with a network of its own; run the command inside of it ` +
        `(docker exec … npx gvent …), or ${PREPARE} on a shared volume`,
    )
  }
  if (!target.catchesSIGUSR1) {
    throw new AttachError(
      `process ${pid} does not open its inspector on a signal (--disable-sigusr1 or --permission, or it has only just ` +
        `started); ${PREPARE}, or with --inspect`,
    )
  }
  if (!options.signal) {
    throw new AttachError(
      `process ${pid} has neither a socket for questions nor an open inspector, and --no-signal was given; ` +
        `omit it, or ${PREPARE}`,
    )
  }
  const before = new Set(listeningPorts(pid))
  const wanted = inspectorPort(target)
  if (await isTaken(wanted)) {
    const owner = listenerOn(wanted)
    const by = owner === undefined ? 'another process' : `process ${owner}`
    throw new AttachError(
      `port ${wanted}, on which process ${pid} would open its inspector, is taken by ${by}; end that, or ${PREPARE}`,
    )
  }
  options.say(`gvent: sent SIGUSR1 to process ${pid}, which opens its inspector on 127.0.0.1 for a moment`)
  process.kill(pid, 'SIGUSR1')
  const port = await waitForInspector(pid, before)
  if (port === undefined) {
    throw new AttachError(
      readProcess(pid) === undefined
        ? `process ${pid} has ended`
        : `process ${pid} has not opened its inspector: it handles SIGUSR1 itself, or is in native code ` +
            `(execSync, say); ${PREPARE}`,
    )
  }
  const opened = await InspectorConnection.open(numberOf(target), port, true)
  return options.lasts ? moveToAgent(pid, opened, options) : opened
}

/** The port on which the process opens its inspector when it gets the signal; 0 is any that is free. */
function inspectorPort(target: SystemProcess): number {
  const ports = optionsOfNode(target).matchAll(
    /--(?:inspect(?:-brk|-wait|-port)?|debug-port)[= ](?:\S+:)?(\d+)(?=\s|$)/g,
  )
  return Number(Array.from(ports).at(-1)?.[1] ?? DEFAULT_PORT)
}

async function isTaken(port: number): Promise<boolean> {
  const { createServer } = await import('node:net')
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(true)
    })
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(false)
      })
    })
  })
}

async function waitForInspector(pid: number, before: ReadonlySet<number>): Promise<number | undefined> {
  const end = Date.now() + OPENING
  for (let wait = 5; Date.now() < end && readProcess(pid) !== undefined; wait = Math.min(100, wait * 1.5)) {
    await pause(wait)
    const port = await findInspector(listeningPorts(pid).filter((each) => !before.has(each)))
    if (port !== undefined) return port
  }
  return undefined
}

// The servers of the program are not to be asked anything.
function mayBeInspector(port: number, target: SystemProcess): boolean {
  const isUsual = port === DEFAULT_PORT || port === inspectorPort(target)
  return isUsual || /--inspect(?:-brk|-wait)?(?:=|\s|$)/.test(optionsOfNode(target))
}

async function findInspector(ports: readonly number[]): Promise<number | undefined> {
  for (const port of ports) {
    try {
      const targets = await listTargets(port)
      if (targets.length > 0 && targets.every((each) => typeof each === 'string')) return port
    } catch {
      // A server of the program's own.
    }
  }
  return undefined
}

/** Has a thread in the process answer from now on, and closes what was opened to start it. */
async function moveToAgent(pid: number, opened: Connection, { say }: AttachOptions): Promise<Connection> {
  if (await isBlocked(opened, LONG_STEP)) {
    say(`gvent: process ${pid} is blocked; npx gvent dump ${pid} says where`)
    await opened.close()
    throw new AttachError(`process ${pid} is blocked, so it cannot load what this command needs`)
  }
  try {
    await opened.ask('load', undefined, OPENING)
    const path = (await opened.ask('serve', undefined, OPENING)) as string
    return await openFirst(placesOf(pid, path))
  } finally {
    await opened.close()
  }
}

/** @throws AttachError when none of the sockets can be reached. */
async function openFirst(paths: readonly string[]): Promise<AgentConnection> {
  let failure: unknown
  for (const path of paths) {
    try {
      return await AgentConnection.open(path)
    } catch (error) {
      failure = error
    }
  }
  throw new AttachError(`its socket for questions cannot be reached: ${(failure as Error).message}`)
}

/** How many milliseconds a thread may run without a turn of its loop before it is called blocked. */
const BLOCKED = 250
/** The same for a command that needs a turn of the loop: a program with long steps comes to one between two of them. */
const LONG_STEP = 3000

/** Looks whether the loop of the thread makes no turn for `patience` milliseconds. */
export async function isBlocked(connection: Pick<Connection, 'ask'>, patience: number = BLOCKED): Promise<boolean> {
  const presence = async (): Promise<Presence> => (await connection.ask('presence', undefined, OPENING)) as Presence
  const before = await presence()
  const runs = ({ turns, running, stack }: Presence): boolean =>
    turns === before.turns && (running !== '' || stack.length > 0)
  if (!runs(before)) return false
  for (let left = patience; left > 0; left -= BLOCKED) {
    await pause(BLOCKED)
    if (!runs(await presence())) return false
  }
  return true
}
