import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram, startServerProgram, type ServerProgram } from '../io/servers/server-program.js'

const program = findProgram('mariadbd')
const install = findProgram('mariadb-install-db')

/** Why tests with MariaDB are skipped, or `false`. */
export const withoutMariaDB: string | false =
  program === undefined || install === undefined ? 'mariadb-server is not installed' : false

// MariaDB refuses to run as root: then it runs as nobody.
const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined

/** Starts a MariaDB whose user `root` needs no password. */
export function startMariaDB(): Promise<ServerProgram> {
  return startServerProgram({
    program: program!,
    arguments: async (port, folder) => {
      const data = `--datadir=${join(folder, 'data')}`
      const options = ['--no-defaults', data, '--auth-root-authentication-method=normal', '--skip-test-db']
      await promisify(execFile)(install!, options, {
        ...user,
        cwd: folder,
        env: { PATH: '/usr/bin:/bin', HOME: folder },
      })
      const files = [`--socket=${join(folder, 'socket')}`, `--pid-file=${join(folder, 'pid')}`]
      const speed = ['--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=8M']
      return [
        '--no-defaults',
        data,
        ...files,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        '--skip-name-resolve',
        ...speed,
      ]
    },
    ...(user === undefined ? {} : { user }),
    stopSignal: 'SIGTERM',
  })
}
