import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import type { thread as Thread } from '../../scheduler/kernel/thread.js'
import { codeOf, Descriptions } from './groups.js'
import { eachAlive, type Steps } from './slices.js'
import { rowOf, withoutSecrets, type Row } from './snapshot.js'

/** Whose children are wanted. */
export interface TreeQuery {
  /** The id of the parent; 0 for those without one. */
  readonly parent?: number
  /** The key of a group: its members alone, one by one. */
  readonly group?: string
  readonly from?: number
  readonly count?: number
}

/** A greenlet in the tree. */
export interface Branch extends Row {
  /** How many it has spawned that are alive. */
  readonly children: number
}

/** Many children of one kind, in place of a line for each. */
export interface Bundle {
  readonly key: string
  readonly name: string
  readonly count: number
  /** How many have been spawned by these. */
  readonly children: number
}

/** The children of a greenlet. */
export interface Branches {
  readonly total: number
  readonly bundles: Bundle[]
  readonly branches: Branch[]
}

/** So many of one kind have a line each. */
const MOST_OF_A_KIND = 20
const MOST_BRANCHES = 500

/** The children of a greenlet, many of a kind bundled. */
export function* treeSteps(
  { hub }: typeof Thread,
  { parent: wanted = 0, group, from = 0, count = 100 }: TreeQuery,
): Steps<Branches> {
  const greenlets = hub.greenlets().reverse()
  yield
  const childrenOf = new Map<Greenlet, number>()
  const kinds = new Map<string, Greenlet[]>()
  let total = 0
  yield* eachAlive(greenlets, (greenlet) => {
    const { parent } = greenlet
    const above = parent?.dead === false ? parent : undefined
    if (above !== undefined) childrenOf.set(above, (childrenOf.get(above) ?? 0) + 1)
    if ((above?.id ?? 0) !== wanted) return
    const { key } = codeOf(greenlet)
    if (group !== undefined && key !== group) return
    total++
    const kind = kinds.get(key)
    if (kind === undefined) kinds.set(key, [greenlet])
    else kind.push(greenlet)
  })
  const now = hub.now()
  const descriptions = new Descriptions()
  const bundles: Bundle[] = []
  const branches: Branch[] = []
  const begin = Math.max(0, Math.trunc(from))
  const most = Math.min(MOST_BRANCHES, Math.max(0, Math.trunc(count)))
  for (const [key, members] of kinds) {
    if (group === undefined && members.length > MOST_OF_A_KIND) {
      let children = 0
      yield* eachAlive(members, (member) => {
        children += childrenOf.get(member) ?? 0
      })
      bundles.push({ key, name: codeOf(members[0]!).name, count: members.length, children })
      continue
    }
    for (const member of group === undefined ? members : members.slice(begin, begin + most)) {
      if (branches.length === most) break
      branches.push({ ...rowOf(member, now, descriptions), children: childrenOf.get(member) ?? 0 })
    }
  }
  return withoutSecrets({ total, bundles, branches })
}
