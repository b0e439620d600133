import { join } from 'node:path'
import { findProgram, startServerProgram, type ServerProgram } from '../io/servers/server-program.js'

const program = findProgram('nats-server')

/** Why tests with NATS are skipped, or `false`. */
export const withoutNats: string | false = program === undefined ? 'nats-server is not installed' : false

/** Starts a NATS server with JetStream. */
export function startNats(): Promise<ServerProgram> {
  return startServerProgram({
    program: program!,
    arguments: (port, folder) => ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', join(folder, 'jetstream')],
  })
}
