import { hasProc, isNode, ownProcesses } from './processes.js'

/** The workers of a cluster whose primary is that process. */
export function clusterWorkersOf(pid: number): number[] {
  if (!hasProc) return []
  return ownProcesses()
    .filter((each) => each.parent === pid && each.isClusterWorker && isNode(each))
    .map((each) => each.pid)
}
