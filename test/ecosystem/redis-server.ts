import { findProgram, startServerProgram, type ServerProgram } from '../io/servers/server-program.js'

const program = findProgram('redis-server')

/** Why tests with Redis are skipped, or `false`. */
export const withoutRedis: string | false = program === undefined ? 'redis-server is not installed' : false

/** Starts a Redis that keeps nothing. */
export function startRedis(): Promise<ServerProgram> {
  return startServerProgram({
    program: program!,
    arguments: (port, folder) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...['--save', '', '--appendonly', 'no'],
    ],
  })
}
