import type { Connection } from '../../console/attach/connection.js'
import type { Branches } from '../../io/observing/tree.js'
import type { Column, Line } from './tables.js'
import { age, number } from './text.js'

/** A line of the tree, which may be opened. */
interface Branch {
  readonly depth: number
  readonly title: string
  readonly note: string
  readonly children: number
  /** Whose children they are, and of which group alone. */
  readonly parent: number
  readonly group: string | undefined
  readonly opens: NonNullable<Line['opens']>
}

/** So many children of one branch are shown. */
const MOST = 500

/** The tree of spawns; read when it is opened. */
export class TreeView {
  readonly columns: readonly Column[] = [
    { head: 'GREENLET', width: 'text' },
    { head: 'BELOW', width: 8, isNumber: true },
    { head: 'WAITS FOR', width: 'text' },
  ]
  private branches: Branch[] = []
  private readonly open = new Set<Branch>()

  constructor(
    private readonly connection: Pick<Connection, 'ask'>,
    private readonly changed: () => void,
  ) {}

  /** Reads those without a parent. */
  read(): void {
    this.open.clear()
    void this.load(0, undefined, 0).then((branches) => {
      this.branches = branches
      this.changed()
    })
  }

  lines(): Line[] {
    return this.branches.map((branch) => {
      const { depth, title, note, children, opens } = branch
      const mark = children === 0 ? ' ' : this.open.has(branch) ? '▾' : '▸'
      const cells = [`${'  '.repeat(depth)}${mark} ${title}`, children === 0 ? '' : number(children), note]
      return { cells, keys: cells, opens }
    })
  }

  /** Opens a branch, or closes it; `wanted` says which, or the other of what it is. */
  toggle(line: Line | undefined, wanted?: boolean): void {
    const branch = this.branches.find(({ opens }) => opens === line?.opens)
    if (branch === undefined || branch.children === 0) return
    const isOpen = this.open.has(branch)
    if (isOpen === (wanted ?? !isOpen)) return
    if (isOpen) this.close(branch)
    else void this.expand(branch)
  }

  private close(branch: Branch): void {
    this.open.delete(branch)
    const index = this.branches.indexOf(branch)
    let end = index + 1
    while (end < this.branches.length && this.branches[end]!.depth > branch.depth)
      this.open.delete(this.branches[end++]!)
    this.branches.splice(index + 1, end - index - 1)
  }

  private async expand(branch: Branch): Promise<void> {
    this.open.add(branch)
    const below = await this.load(branch.parent, branch.group, branch.depth + 1)
    const index = this.branches.indexOf(branch)
    if (index === -1 || !this.open.has(branch)) return
    this.branches.splice(index + 1, 0, ...below)
    this.changed()
  }

  private async load(parent: number, group: string | undefined, depth: number): Promise<Branch[]> {
    const query = { parent, group, count: MOST }
    const found = (await this.connection.ask('tree', query, 10_000).catch(() => undefined)) as Branches | undefined
    if (found === undefined) return []
    const bundles = found.bundles.map(({ key, name, count }) => ({
      depth,
      title: `${name} × ${number(count)}`,
      note: '',
      children: count,
      parent,
      group: key,
      opens: { group: key, name },
    }))
    const branches = found.branches.map(({ id, name, state, waitsFor, waited, children }) => ({
      depth,
      title: `${name} #${id}`,
      note: waitsFor === '' ? state : `${waitsFor}, ${age(waited)}`,
      children,
      parent: id,
      group: undefined,
      opens: { id },
    }))
    return [...bundles, ...branches]
  }
}
