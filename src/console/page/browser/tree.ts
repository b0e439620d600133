import type { Branches } from '../../../io/observing/tree.js'
import { getTree } from './data.js'
import { openDetails } from './details.js'
import { button, element } from './elements.js'
import { count, counted, duration } from './wording.js'

/** The tree of spawns, opened step by step. Many of one kind are one line until it is opened. */
export class Tree {
  readonly view: HTMLElement
  private readonly roots = element('ul', { class: 'tree', role: 'tree' })

  constructor() {
    const again = button({}, 'Read again', () => {
      this.load()
    })
    this.view = element('div', {}, element('div', { class: 'controls' }, again), this.roots)
  }

  load(): void {
    fill(this.roots, 0, undefined, 0)
  }
}

function fill(list: HTMLElement, parent: number, group: string | undefined, from: number): void {
  getTree(parent, group, from).then(
    (found) => {
      show(list, found, parent, group, from)
    },
    (error: unknown) => {
      list.replaceChildren(element('li', { class: 'empty' }, (error as Error).message))
    },
  )
}

function show(list: HTMLElement, found: Branches, parent: number, group: string | undefined, from: number): void {
  const { total, bundles, branches } = found
  const items = [
    ...bundles.map(({ key, name, count: members, children }) =>
      branch(element('span', {}, `${name} × ${count(members)}`), note(children, ''), (inner) => {
        fill(inner, parent, key, 0)
      }),
    ),
    ...branches.map(({ id, name, state, waitsFor, waited, children }) => {
      const opener = button({ class: 'link' }, `${name} #${id}`, () => {
        openDetails(id)
      })
      const what = waitsFor === '' ? state : `${waitsFor} · ${duration(waited)}`
      const open = (inner: HTMLElement): void => {
        fill(inner, id, undefined, 0)
      }
      return branch(opener, note(children, what), children === 0 ? undefined : open)
    }),
  ]
  if (from === 0) list.replaceChildren()
  list.append(...items)
  const shown = from + branches.length
  if (group === undefined ? branches.length < total && bundles.length === 0 : shown < total) {
    const more = button({}, `${count(total - shown)} more`, () => {
      more.parentElement!.remove()
      fill(list, parent, group, shown)
    })
    list.append(element('li', {}, more))
  }
  if (list.childElementCount === 0) list.append(element('li', { class: 'empty' }, 'Nobody is here.'))
}

function note(children: number, text: string): string {
  return [text, children === 0 ? '' : counted(children, 'child').replace('childs', 'children')]
    .filter((part) => part !== '')
    .join(' · ')
}

function branch(name: HTMLElement, text: string, open: ((inner: HTMLElement) => void) | undefined): HTMLElement {
  const small = element('small', {}, text)
  if (open === undefined) return element('li', { role: 'treeitem' }, element('span', { class: 'leaf' }), name, small)
  const inner = element('ul', { role: 'group' })
  const item = element('li', { role: 'treeitem', 'aria-expanded': 'false' })
  const toggle = button({ class: 'toggle', 'aria-label': 'Open' }, '▸', () => {
    const isOpen = item.getAttribute('aria-expanded') === 'true'
    item.setAttribute('aria-expanded', String(!isOpen))
    toggle.textContent = isOpen ? '▸' : '▾'
    if (isOpen) inner.replaceChildren()
    else open(inner)
  })
  item.append(toggle, name, small, inner)
  return item
}
