import type { Cluster as NodeCluster } from 'node:cluster'
import { loadBuiltin } from '../node/load-builtin.js'

/** The variable that tells a worker which of them it is. @internal */
export const NUMBER = 'GVENT_WORKER'

/** `node:cluster`, which is slow to load and which few programs need. @internal */
export function nodeCluster(): NodeCluster {
  return loadBuiltin('node:cluster') as NodeCluster
}
