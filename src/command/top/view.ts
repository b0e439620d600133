import type { Connection } from '../../console/attach/connection.js'
import type { Reading } from '../../console/reader.js'
import type { Details, RowKey, Rows } from '../../io/observing/tables.js'
import { detailLines } from './details.js'
import { helpLines } from './help.js'
import { bodyLine, heading, headLine, widthsOf } from './render.js'
import type { Key } from './screen.js'
import {
  busiest,
  greenletColumns,
  groups,
  linesOfGreenlets,
  longest,
  sortLines,
  things,
  type Column,
  type Line,
  type Table,
} from './tables.js'
import { cut, number, printable } from './text.js'
import { TreeView } from './tree-view.js'

const tables: readonly Table[] = [groups, longest, busiest, things]
const TABS = ['groups', 'longest waits', 'busiest', 'things', 'greenlets', 'tree'] as const
type Tab = (typeof TABS)[number]

const rowKeys: readonly RowKey[] = ['id', 'name', 'waited', 'waitsFor', 'place']
/** So many rows of all greenlets are asked for. */
const MOST_ROWS = 500

/** Lines that are read from their beginning: a stack, a dump, the help. */
interface Text {
  readonly title: string
  readonly lines: readonly string[]
  first: number
}

/** The view of the process, and how keys change it. It is drawn by {@link View.lines}. */
export class View {
  /** Called when something has to be drawn again. */
  onChange: () => void = () => undefined
  /** Called when a key ends it. */
  onQuit: () => void = () => undefined
  /** Called when a key goes to the next thread. */
  onNext: () => Promise<void> = () => Promise.resolve()
  /** Whether it is on the screen. */
  isShown = false
  reading: Reading | undefined
  /** A sentence in place of the last line, until the next key. */
  message = ''
  private tab: Tab = 'groups'
  private readonly sorted = new Map<Tab, { column: number; descending: boolean }>()
  private selected = 0
  private first = 0
  private filter = ''
  private isTyping = false
  private held = false
  private group: { key: string; name: string } | undefined
  private rows: Rows = { total: 0, rows: [] }
  private text: Text | undefined
  private tree = new TreeView({ ask: () => Promise.resolve(null) }, () => undefined)
  private shown: readonly Line[] = []
  private room = 10

  private connection: Pick<Connection, 'ask'> = { ask: () => Promise.resolve(null) }

  /** Shows another thread from now on, in the same table. */
  show(connection: Pick<Connection, 'ask'>): void {
    this.connection = connection
    this.tree = new TreeView(connection, () => {
      this.onChange()
    })
    this.reading = this.group = undefined
    this.rows = { total: 0, rows: [] }
    this.selected = 0
    if (this.tab === 'tree') this.tree.read()
    this.onChange()
  }

  /** Takes what was read, unless the picture is held. */
  take(reading: Reading): void {
    if (this.held) return
    this.reading = reading
    if (this.tab === 'greenlets') this.ask()
    this.onChange()
  }

  press(key: Key): void {
    this.message = ''
    if (this.isTyping) this.type(key)
    else if (this.text !== undefined) this.read(this.text, key)
    else this.command(key)
    this.onChange()
  }

  /** The picture. */
  lines(width: number, height: number): string[] {
    const { reading, text } = this
    if (text !== undefined) return this.textLines(text, width, height)
    if (reading === undefined) return ['reading …']
    const head = heading(reading)
      .map((line) => cut(printable(line), width))
      .map((line, index) => (line.startsWith('! ') ? `\u001b[1;33m${line}` : index === 0 ? `\u001b[1m${line}` : line))
    const columns = this.columns()
    const widths = widthsOf(columns, width)
    const { column, descending } = this.order()
    this.shown = this.linesOfTab()
    this.room = Math.max(1, height - head.length - 3)
    this.selected = Math.max(0, Math.min(this.selected, this.shown.length - 1))
    this.first = Math.max(0, Math.min(this.first, this.selected), this.selected - this.room + 1)
    const body = this.shown.slice(this.first, this.first + this.room).map((line, index) => {
      const drawn = cut(bodyLine(line, columns, widths), width)
      return this.first + index === this.selected ? `\u001b[7m${drawn.padEnd(width)}` : drawn
    })
    const sorted = this.tab === 'tree' ? -1 : column
    const title = `\u001b[30;42m${cut(headLine(columns, widths, sorted, descending), width).padEnd(width)}`
    while (body.length < this.room) body.push('')
    return [...head, this.tabLine(width), title, ...body, this.lastLine(width)]
  }

  private tabLine(width: number): string {
    const names = TABS.map((tab) => (tab === this.tab ? `[${tab}]` : ` ${tab} `)).join(' ')
    const group = this.tab === 'greenlets' && this.group !== undefined ? `  of ${this.group.name}` : ''
    const total = this.tab === 'greenlets' ? `  ${number(this.rows.total)} in all` : ''
    const filter = this.filter === '' ? '' : `  filter: ${this.filter}`
    return cut(printable(`${names}${group}${total}${filter}${this.held ? '  held' : ''}`), width)
  }

  private lastLine(width: number): string {
    if (this.isTyping) return cut(printable(`/${this.filter}`), width)
    if (this.message !== '') return `\u001b[1m${cut(printable(this.message), width)}`
    return `\u001b[2m${cut('? help  Tab next  ↑↓ Enter open  / filter  < > sort  I invert  t tree  d dump  space hold  q quit', width)}`
  }

  private columns(): readonly Column[] {
    if (this.tab === 'tree') return this.tree.columns
    return tables.find(({ title }) => title === this.tab)?.columns ?? greenletColumns
  }

  private order(): { column: number; descending: boolean } {
    const table = tables.find(({ title }) => title === this.tab)
    return this.sorted.get(this.tab) ?? { column: table?.sorted ?? 0, descending: table !== undefined }
  }

  private linesOfTab(): readonly Line[] {
    const wanted = this.filter.toLowerCase()
    const matches = ({ cells }: Line): boolean => cells.some((cell) => cell.toLowerCase().includes(wanted))
    if (this.tab === 'greenlets') return linesOfGreenlets(this.rows)
    if (this.tab === 'tree') return this.tree.lines().filter(matches)
    const { column, descending } = this.order()
    const table = tables.find(({ title }) => title === this.tab)!
    return sortLines(table.linesOf(this.reading!).filter(matches), column, descending)
  }

  private command({ name, text }: Key): void {
    const move = (by: number): void => {
      this.selected = Math.max(0, this.selected + by)
    }
    if (name === 'q' || name === 'f10') this.onQuit()
    else if (name === 'up' || text === 'k') move(-1)
    else if (name === 'down' || text === 'j') move(1)
    else if (name === 'pageup') move(-this.room)
    else if (name === 'pagedown') move(this.room)
    else if (name === 'home') this.selected = 0
    else if (name === 'end') this.selected = Math.max(0, this.shown.length - 1)
    else if (name === 'tab') this.go(TABS[(TABS.indexOf(this.tab) + 1) % TABS.length]!)
    else if (/^[1-6]$/.test(text)) this.go(TABS[Number(text) - 1]!)
    else if (text === 't' || name === 'f5') this.go('tree')
    else if (text === '/' || name === 'f3' || name === 'f4') this.isTyping = true
    else if (text === '<' || text === ',') this.sortBy(-1)
    else if (text === '>' || text === '.' || name === 'f6') this.sortBy(1)
    else if (text === 'I') this.invert()
    else if (text === 'P') this.go('busiest')
    else if (text === 'T') this.go('longest waits')
    else if (text === 'n') void this.onNext()
    else if (name === 'space') this.held = !this.held
    else if (text === '?' || text === 'h' || name === 'f1') this.text = { title: 'help', lines: helpLines, first: 0 }
    else if (text === 'd') void this.dump()
    else if (name === 'escape') this.goBack()
    else if (name === 'return' || name === 'enter') this.open(this.shown[this.selected])
    else if (this.tab === 'tree' && (name === 'right' || name === 'left' || text === '+' || text === '-'))
      this.tree.toggle(this.shown[this.selected], name === 'right' || text === '+')
  }

  private type({ name, text }: Key): void {
    if (name === 'return' || name === 'enter') this.isTyping = false
    else if (name === 'escape') {
      this.isTyping = false
      this.filter = ''
    } else if (name === 'backspace') this.filter = this.filter.slice(0, -1)
    else if (text.length === 1 && text >= ' ') this.filter += text
    this.selected = 0
    if (this.tab === 'greenlets') this.ask()
  }

  private read(text: Text, { name, text: written }: Key): void {
    const most = Math.max(0, text.lines.length - this.room)
    const move = (by: number): void => {
      text.first = Math.max(0, Math.min(most, text.first + by))
    }
    if (name === 'up' || written === 'k') move(-1)
    else if (name === 'down' || written === 'j') move(1)
    else if (name === 'pageup') move(-this.room)
    else if (name === 'pagedown' || name === 'space') move(this.room)
    else if (name === 'home') move(-Infinity)
    else if (name === 'end') move(Infinity)
    else if (name === 'q' || name === 'escape' || name === 'return' || name === 'enter') this.text = undefined
    else if (name === 'f10') this.onQuit()
  }

  private textLines({ title, lines, first }: Text, width: number, height: number): string[] {
    this.room = Math.max(1, height - 2)
    const body = lines.slice(first, first + this.room).map((line) => cut(printable(line), width))
    while (body.length < this.room) body.push('')
    const last = `↑↓ PgUp PgDn scroll  Esc back   ${first + 1} to ${Math.min(lines.length, first + this.room)} of ${lines.length}`
    return [`\u001b[30;42m${cut(printable(title), width).padEnd(width)}`, ...body, `\u001b[2m${cut(last, width)}`]
  }

  private go(tab: Tab): void {
    this.tab = tab
    this.selected = 0
    this.group = undefined
    if (tab === 'greenlets') this.ask()
    else if (tab === 'tree') this.tree.read()
  }

  private goBack(): void {
    if (this.filter !== '') this.filter = ''
    else if (this.group !== undefined) this.go('groups')
    if (this.tab === 'greenlets') this.ask()
  }

  private sortBy(step: number): void {
    const count = this.columns().length
    const { column } = this.order()
    const next = (column + step + count) % count
    this.sorted.set(this.tab, { column: next, descending: this.columns()[next]!.isNumber === true })
    if (this.tab === 'greenlets') this.ask()
  }

  private invert(): void {
    const { column, descending } = this.order()
    this.sorted.set(this.tab, { column, descending: !descending })
    if (this.tab === 'greenlets') this.ask()
  }

  private open(line: Line | undefined): void {
    const opens = line?.opens
    if (opens === undefined) return
    if ('id' in opens) void this.details(opens.id)
    else if (this.tab === 'tree') this.tree.toggle(line)
    else {
      this.go('greenlets')
      this.group = { key: opens.group, name: opens.name }
      this.ask()
    }
  }

  /** Asks for the rows of the table of greenlets. */
  private ask(): void {
    const { column, descending } = this.order()
    const query = {
      count: MOST_ROWS,
      sort: rowKeys[column]!,
      descending,
      filter: this.filter,
      group: this.group?.key,
    }
    void this.put('rows', query, (rows) => {
      this.rows = rows as Rows
    })
  }

  private details(id: number): Promise<void> {
    return this.put('greenlet', { id }, (details) => {
      if (details === null) this.message = `#${id} has ended`
      else
        this.text = { title: `${(details as Details).name} #${id}`, lines: detailLines(details as Details), first: 0 }
    })
  }

  private dump(): Promise<void> {
    return this.put('groups', undefined, (text) => {
      this.text = { title: 'one stack for each group', lines: (text as string).split('\n'), first: 0 }
    })
  }

  private async put(method: string, parameters: unknown, take: (answer: unknown) => void): Promise<void> {
    try {
      take(await this.connection.ask(method, parameters, 10_000))
    } catch (error) {
      this.message = (error as Error).message
    }
    this.onChange()
  }
}
