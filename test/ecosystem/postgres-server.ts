import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram, foldersBelow, startServerProgram, type ServerProgram } from '../io/servers/server-program.js'

// Debian keeps each version in a folder of its own, off the path.
const folders = foldersBelow('/usr/lib/postgresql', 'bin')
const program = findProgram('postgres', folders)
const initdb = findProgram('initdb', folders)

/** Why tests with PostgreSQL are skipped, or `false`. */
export const withoutPostgres: string | false =
  program === undefined || initdb === undefined ? 'postgresql is not installed' : false

// PostgreSQL refuses to run as root: then it runs as nobody.
const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined

/** Starts a PostgreSQL with an empty database `postgres`, whose user `postgres` needs no password. */
export async function startPostgres(): Promise<ServerProgram> {
  const server = await startServerProgram({
    program: program!,
    arguments: async (port, folder) => {
      const data = join(folder, 'data')
      const options = ['--username=postgres', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C']
      await promisify(execFile)(initdb!, ['-D', data, ...options], { ...user, cwd: folder, env: {} })
      const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off']
      return ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
    },
    ...(user === undefined ? {} : { user }),
    // Without waiting for its clients to leave.
    stopSignal: 'SIGINT',
  })
  await ready(server)
  const restart = async (): Promise<void> => {
    await server.restart()
    await ready(server)
  }
  return Object.create(server, { restart: { value: restart } }) as ServerProgram
}

/** It takes connections before it can do anything with them. */
async function ready(server: ServerProgram): Promise<void> {
  while (!(await isReady(server.port))) {
    if (server.child.exitCode !== null) throw new Error(`postgres has ended with ${server.child.exitCode}`)
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    await promisify(execFile)(findProgram('pg_isready', folders)!, ['-h', '127.0.0.1', '-p', String(port)])
    return true
  } catch {
    return false
  }
}
