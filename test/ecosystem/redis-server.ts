import { findProgram, startServerProgram, type ServerProgram } from '../io/servers/server-program.js'

const program = findProgram('redis-server')

/** Why tests with Redis are skipped, or `false`. */
export const withoutRedis: string | false = program === undefined ? 'redis-server is not installed' : false

/**
 * Starts a Redis.
 *
 * @param keeps whether it keeps what it has on disk, and so over a restart; it does not by default.
 */
export function startRedis(keeps = false): Promise<ServerProgram> {
  return startServerProgram({
    program: program!,
    arguments: (port, folder) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', keeps ? 'yes' : 'no', '--appendfsync', 'always'],
    ],
  })
}
