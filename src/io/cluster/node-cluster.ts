import type { Cluster as NodeCluster } from 'node:cluster'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** The variable that tells a worker which of them it is. @internal */
export const NUMBER = 'GVENT_WORKER'

/** `node:cluster`, which is slow to load and which few programs need. @internal */
export function nodeCluster(): NodeCluster {
  return require('node:cluster') as NodeCluster
}
