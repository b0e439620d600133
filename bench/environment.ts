import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import type { Runtimes } from './commands.js'
import type { Measurement } from './results.js'

const libraries = ['co', 'effect', 'effection', 'redux-saga', 'fastify', 'hono', '@hono/node-server', 'p-limit']

/** The machine and the versions of everything that is measured on it. */
export function describeEnvironment(runtimes: Runtimes): Pick<Measurement, 'date' | 'machine' | 'load' | 'versions'> {
  const versions: Record<string, string> = {}
  const { node, go, python } = runtimes
  for (const [name, runtime] of Object.entries({ node, go, gevent: python })) {
    if ('version' in runtime) versions[name] = runtime.version
  }
  for (const name of libraries) versions[name] = installedVersion(name)
  const processors = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  return {
    date: new Date().toISOString(),
    machine: `${processors.length} × ${processors[0]?.model ?? 'unknown'}, ${memory}, ${process.platform}`,
    load: loadavg()
      .map((load) => load.toFixed(2))
      .join(' '),
    versions,
  }
}

function installedVersion(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
