import type { Reading } from '../../reader.js'
import { openDetails } from './details.js'
import { button, element } from './elements.js'
import { opening, renew } from './renew.js'
import { count, duration, percent } from './wording.js'

/** A column of a table: what stands in it, and by what it is sorted. */
interface Column<T> {
  readonly head: string
  readonly kind: 'text' | 'number' | 'wide'
  /** Whether it goes where there is little room. */
  readonly spare?: boolean
  readonly cell: (row: T) => Node | string
  readonly key: (row: T) => number | string
}

/** How the rows of a table are opened. */
interface Opener<T> {
  /** A text that no other row has. */
  readonly key: (row: T) => string
  readonly open: (row: T) => void
}

/** A table that is drawn again with each reading, sorted by the column that was chosen. */
export class Table<T> {
  readonly view: HTMLElement
  private readonly body = element('tbody')
  private readonly heads: HTMLElement[] = []
  private rows: readonly T[] = []
  private sorted: number
  private descending = true

  constructor(
    private readonly columns: readonly Column<T>[],
    sorted: number,
    private readonly empty: string,
    private readonly opener?: Opener<T>,
  ) {
    this.sorted = sorted
    const line = element('tr')
    columns.forEach(({ head, kind, spare }, index) => {
      const sorter = button({}, head, () => {
        this.sortBy(index)
      })
      const cell = element('th', { class: classOf(kind, spare), scope: 'col' }, sorter)
      this.heads.push(cell)
      line.append(cell)
    })
    this.view = element('table', {}, element('thead', {}, line), this.body)
    if (this.opener === undefined) return
    const { key, open } = this.opener
    opening(this.body, (chosen) => {
      const row = this.rows.find((each) => key(each) === chosen)
      if (row !== undefined) open(row)
    })
  }

  show(rows: readonly T[]): void {
    this.rows = rows
    const { key } = this.columns[this.sorted]!
    const sign = this.descending ? -1 : 1
    const ordered = rows.toSorted((one, other) => sign * (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0))
    this.heads.forEach((head, index) => {
      head.setAttribute('aria-sort', index !== this.sorted ? 'none' : this.descending ? 'descending' : 'ascending')
    })
    const lines = ordered.map((row) => this.line(row))
    const nothing = element(
      'tr',
      {},
      element('td', { class: 'empty', colspan: String(this.columns.length) }, this.empty),
    )
    renew(this.body, lines.length === 0 ? [nothing] : lines)
  }

  private sortBy(index: number): void {
    this.descending = index === this.sorted ? !this.descending : this.columns[index]!.kind === 'number'
    this.sorted = index
    this.show(this.rows)
  }

  private line(row: T): HTMLElement {
    const line = element('tr')
    for (const { kind, spare, cell } of this.columns) {
      const content = cell(row)
      const made = element('td', { class: classOf(kind, spare) }, content)
      if (typeof content === 'string') made.title = content
      line.append(made)
    }
    if (this.opener !== undefined) {
      line.className = 'opens'
      line.tabIndex = 0
      line.dataset['opens'] = this.opener.key(row)
    }
    return line
  }
}

function classOf(kind: string, spare = false): string {
  return spare ? `${kind} spare` : kind
}

type GroupRow = Reading['groups'][number] & { readonly busy: number; readonly grown: number }

/** The groups by place of spawn. */
export function groupTable(openGroup: (key: string, name: string) => void): {
  view: HTMLElement
  show: (reading: Reading) => void
} {
  const table = new Table<GroupRow>(
    [
      { head: 'Group', kind: 'text', cell: ({ name }) => name, key: ({ name }) => name },
      { head: 'Alive', kind: 'number', cell: ({ alive }) => count(alive), key: ({ alive }) => alive },
      { head: '+10 s', kind: 'number', spare: true, cell: ({ grown }) => signed(grown), key: ({ grown }) => grown },
      { head: 'Busy', kind: 'number', cell: ({ busy }) => percent(busy), key: ({ busy }) => busy },
      {
        head: 'Oldest wait',
        kind: 'number',
        spare: true,
        cell: ({ oldest }) => (oldest === 0 ? '–' : duration(oldest)),
        key: ({ oldest }) => oldest,
      },
      {
        head: 'Mostly waits for',
        kind: 'wide',
        cell: ({ waits }) => waits[0]?.[0] ?? '–',
        key: ({ waits }) => waits[0]?.[0] ?? '',
      },
      { head: 'Spawned at', kind: 'text', spare: true, cell: ({ place }) => place, key: ({ place }) => place },
    ],
    1,
    'No greenlet is alive.',
    {
      key: ({ key }) => key,
      open: ({ key, name }) => {
        openGroup(key, name)
      },
    },
  )
  const show = ({ groups, busy, grown }: Reading): void => {
    table.show(groups.map((group) => ({ ...group, busy: busy[group.key] ?? 0, grown: grown[group.key] ?? 0 })))
  }
  return { view: table.view, show }
}

/** The greenlets that have waited longest. */
export function longestTable(): { view: HTMLElement; show: (reading: Reading) => void } {
  const table = new Table<Reading['longest'][number]>(
    [
      { head: 'Greenlet', kind: 'text', cell: ({ name, id }) => `${name} #${id}`, key: ({ name }) => name },
      { head: 'Waited', kind: 'number', cell: ({ waited }) => duration(waited), key: ({ waited }) => waited },
      { head: 'Waits for', kind: 'wide', cell: ({ waitsFor }) => waitsFor, key: ({ waitsFor }) => waitsFor },
      { head: 'Spawned at', kind: 'text', spare: true, cell: ({ place }) => place, key: ({ place }) => place },
    ],
    1,
    'Nobody waits.',
    {
      key: ({ id }) => String(id),
      open: ({ id }) => {
        openDetails(id)
      },
    },
  )
  return {
    view: table.view,
    show: ({ longest }) => {
      table.show(longest)
    },
  }
}

/** Servers, pools, queues, locks. */
export function thingTable(): { view: HTMLElement; show: (reading: Reading) => void } {
  const table = new Table<Reading['things'][number]>(
    [
      { head: 'Thing', kind: 'text', cell: ({ name }) => name, key: ({ name }) => name },
      { head: 'Kind', kind: 'text', spare: true, cell: ({ kind }) => kind, key: ({ kind }) => kind },
      { head: 'Wait for it', kind: 'number', cell: ({ waiting }) => count(waiting), key: ({ waiting }) => waiting },
      { head: 'What it says of itself', kind: 'wide', cell: ({ stats }) => chips(stats), key: () => '' },
    ],
    2,
    'No greenlet waits for a server, a pool, a queue or a lock.',
  )
  return {
    view: table.view,
    show: ({ things }) => {
      table.show(things)
    },
  }
}

function chips(stats: Reading['things'][number]['stats']): Node {
  const parts = Object.entries(stats).map(([name, value]) =>
    element(
      'span',
      { class: 'chip' },
      `${name} `,
      element('b', {}, typeof value === 'number' ? count(value) : String(value)),
    ),
  )
  return element('span', { class: 'chips' }, ...parts)
}

function signed(value: number): string {
  return value > 0 ? `+${count(value)}` : count(value)
}
