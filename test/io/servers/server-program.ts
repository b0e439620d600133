import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where a program of Debian's is, if it is installed: the first of `folders` and the usual ones that has it. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const usual = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin']
  return [...folders, ...usual].map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** A server program that runs on loopback, with a port and a folder of its own. */
export interface ServerProgram {
  readonly port: number
  readonly folder: string
  readonly child: ChildProcess
  /** Ends it at once, and starts it again on the same port, with the same folder. */
  readonly restart: () => Promise<void>
  /** Ends it, and removes its folder. */
  readonly stop: () => Promise<void>
}

/** How a server program is started. */
export interface ServerCommand {
  readonly program: string
  /** What it is told; may first prepare the folder. */
  readonly arguments: (port: number, folder: string) => readonly string[] | Promise<readonly string[]>
  /** Its environment, beside that of the tests. */
  readonly environment?: (port: number, folder: string) => Readonly<Record<string, string>>
  /** Whose process it is, and whose folder. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** By which signal it ends at once. */
  readonly stopSignal?: NodeJS.Signals
}

/** Starts a server program, and waits until it takes connections. */
export async function startServerProgram(command: ServerCommand): Promise<ServerProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'gvent-server-'))
  if (command.user !== undefined) chownSync(folder, command.user.uid, command.user.gid)
  const port = await freePort()
  const args = await command.arguments(port, folder)
  let running = launch()
  await isUp()

  function launch(): { child: ChildProcess; ended: Promise<unknown>; output: () => string } {
    const child = spawn(command.program, args, {
      ...command.user,
      cwd: folder,
      env: { ...process.env, ...command.environment?.(port, folder) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    }
    return { child, ended: once(child, 'close'), output: () => output }
  }

  async function isUp(): Promise<void> {
    const { child, output } = running
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`${command.program} has ended with ${child.exitCode}:\n${output()}`)
    }
  }

  return {
    port,
    folder,
    get child() {
      return running.child
    },
    restart: async () => {
      running.child.kill(command.stopSignal ?? 'SIGKILL')
      await running.ended
      running = launch()
      await isUp()
    },
    stop: async () => {
      running.child.kill(command.stopSignal)
      await running.ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The folders of `parent` that match, the last by name first; none if there is no such folder. */
export function foldersBelow(parent: string, below: string): string[] {
  if (!existsSync(parent)) return []
  return readdirSync(parent)
    .sort((one, other) => Number(other) - Number(one))
    .map((name) => join(parent, name, below))
}

/** A port of loopback on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 10))
    return false
  } finally {
    socket.destroy()
  }
}
