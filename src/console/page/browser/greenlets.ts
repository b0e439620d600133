import type { RowKey, Rows } from '../../../io/observing/tables.js'
import { getRows } from './data.js'
import { openDetails } from './details.js'
import { button, element } from './elements.js'
import { opening, renew } from './renew.js'
import { count, counted, duration } from './wording.js'

/** Pixels. */
const ROW = 30
/** Rows above and below those that are seen. */
const MARGIN = 20
/** A sorted table has so many rows, and a picture higher than that is cut by browsers. */
const MOST_SORTED = 2000
const MOST_ROWS = 500_000
const TYPING = 200

const columns: readonly { readonly key: RowKey; readonly head: string; readonly kind: string }[] = [
  { key: 'id', head: 'Id', kind: 'number' },
  { key: 'name', head: 'Greenlet', kind: 'text' },
  { key: 'waited', head: 'Waited', kind: 'number' },
  { key: 'waitsFor', head: 'Waits for', kind: 'wide' },
  { key: 'place', head: 'Spawned at', kind: 'text spare' },
]

/** All greenlets: only the rows that are seen are asked for, and drawn. */
export class GreenletTable {
  readonly view: HTMLElement
  private readonly search = element('input', {
    type: 'search',
    placeholder: 'Name, wait or place',
    'aria-label': 'Filter',
  })
  private readonly chosen = element('span', { class: 'chosen' })
  private readonly total = element('span', { class: 'total', role: 'status' })
  private readonly heads = element('div', { class: 'line head' })
  private readonly window = element('div', { class: 'window', tabindex: '0' })
  private readonly inner = element('div', { class: 'inner' })
  private readonly lines = element('div', { class: 'lines' })
  private sort: RowKey = 'id'
  private descending = false
  private group: string | undefined
  private asked = 0
  private typing = 0

  constructor() {
    this.inner.append(this.lines)
    opening(this.lines, (id) => {
      openDetails(Number(id))
    })
    this.window.append(this.inner)
    this.window.addEventListener('scroll', () => {
      this.load()
    })
    this.search.addEventListener('input', () => {
      clearTimeout(this.typing)
      this.typing = setTimeout(() => {
        this.restart()
      }, TYPING)
    })
    const controls = element('div', { class: 'controls' }, this.search, this.chosen, this.total)
    this.view = element('div', { class: 'greenlets' }, controls, this.heads, this.window)
    this.showHeads()
  }

  /** Shows the members of one group alone. */
  choose(group: string | undefined, name: string): void {
    this.group = group
    const undo = button({ 'aria-label': `All groups, not ${name} alone` }, `${name} ×`, () => {
      this.choose(undefined, '')
    })
    this.chosen.replaceChildren(...(group === undefined ? [] : [undo]))
    this.restart()
  }

  /** Asks again for what is seen. */
  load(): void {
    const number = ++this.asked
    const first = Math.max(0, Math.floor(this.window.scrollTop / ROW) - MARGIN)
    const seen = Math.ceil((this.window.clientHeight || 480) / ROW) + 2 * MARGIN
    const filter = this.search.value.trim()
    getRows({
      from: first,
      count: seen,
      sort: this.sort,
      descending: this.descending,
      filter: filter === '' ? undefined : filter,
      group: this.group,
    }).then(
      (rows) => {
        // What was asked later is answered later, and newer.
        if (number === this.asked) this.show(first, rows)
      },
      () => undefined,
    )
  }

  private restart(): void {
    this.window.scrollTop = 0
    this.load()
  }

  private show(first: number, { total, rows }: Rows): void {
    const most = this.sort === 'id' ? MOST_ROWS : MOST_SORTED
    const more = total > most ? `, the first ${count(most)} of them` : ''
    this.total.textContent = `${counted(total, 'greenlet')}${more}`
    this.inner.style.height = `${Math.min(total, most) * ROW}px`
    this.lines.style.transform = `translateY(${first * ROW}px)`
    renew(
      this.lines,
      rows.map(({ id, name, waited, waitsFor, state, place }) =>
        element(
          'div',
          { class: 'line opens', tabindex: '0', 'data-opens': String(id) },
          element('span', { class: 'number' }, String(id)),
          element('span', { class: 'text', title: name }, name),
          element('span', { class: 'number' }, state === 'waiting' ? duration(waited) : '–'),
          element('span', { class: 'wide', title: waitsFor }, state === 'waiting' ? waitsFor : state),
          element('span', { class: 'text spare', title: place }, place),
        ),
      ),
    )
  }

  private showHeads(): void {
    this.heads.replaceChildren(
      ...columns.map(({ key, head, kind }) => {
        const mark = key !== this.sort ? '' : this.descending ? ' ↓' : ' ↑'
        return element(
          'span',
          { class: kind },
          button({}, `${head}${mark}`, () => {
            this.descending = key === this.sort ? !this.descending : key === 'waited'
            this.sort = key
            this.showHeads()
            this.restart()
          }),
        )
      }),
    )
  }
}
