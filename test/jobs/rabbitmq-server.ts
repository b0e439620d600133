import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, freePort, startServerProgram, type ServerProgram } from '../io/servers/server-program.js'

// What is on the path becomes another user, who has no access to the folder.
const program = findProgram('rabbitmq-server', ['/usr/lib/rabbitmq/bin'])
const registry = findProgram('epmd')

/** Why tests with RabbitMQ are skipped, or `false`. */
export const withoutRabbitmq: string | false =
  program === undefined || registry === undefined ? 'rabbitmq-server is not installed' : false

/** Starts a RabbitMQ of its own, without plugins, and the registry of Erlang's nodes that it needs. */
export async function startRabbitmq(): Promise<ServerProgram> {
  const [registryPort, nodePort] = [await freePort(), await freePort()]
  // Erlang would start one that outlives the test.
  const epmd = spawn(registry!, ['-port', String(registryPort), '-address', '127.0.0.1'], { stdio: 'ignore' })
  const server = await startServerProgram({
    program: program!,
    arguments: (_port, folder) => {
      writeFileSync(join(folder, 'rabbitmq.conf'), '')
      writeFileSync(join(folder, 'plugins'), '[].\n')
      return []
    },
    environment: (port, folder) => ({
      HOME: folder,
      // Its script becomes the server then, instead of waiting for it: a signal reaches the server itself.
      RABBITMQ_ALLOW_INPUT: 'true',
      RABBITMQ_SERVER_START_ARGS: '-noinput',
      ERL_EPMD_PORT: String(registryPort),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `gvent-${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(nodePort),
      RABBITMQ_MNESIA_BASE: folder,
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_LOGS: '-',
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    }),
  })
  return {
    port: server.port,
    folder: server.folder,
    get child() {
      return server.child
    },
    restart: () => server.restart(),
    stop: async () => {
      await server.stop()
      epmd.kill()
      if (epmd.exitCode === null && epmd.signalCode === null) await once(epmd, 'exit')
    },
  }
}
