import type { Details } from '../../../io/observing/tables.js'
import { getDetails } from './data.js'
import { button, element, place } from './elements.js'
import { counted, duration } from './wording.js'

/** Opens one greenlet: its stack, who waits for it, whom it has spawned. */
export function openDetails(id: number): void {
  const dialog = place('details') as HTMLDialogElement
  getDetails(id).then(
    (details) => {
      show(dialog, id, details)
    },
    (error: unknown) => {
      fill(dialog, `#${id}`, element('p', { class: 'empty' }, (error as Error).message))
    },
  )
}

function show(dialog: HTMLDialogElement, id: number, details: Details | null): void {
  if (details === null) {
    fill(dialog, `#${id}`, element('p', { class: 'empty' }, 'It has ended.'))
    return
  }
  const { name, state, waitsFor, waited, text, waiters, children, ancestors } = details
  const what = waitsFor === '' ? state : `waits for ${waitsFor}, for ${duration(waited)}`
  fill(
    dialog,
    `${name} #${id}`,
    element('p', { class: 'what' }, what),
    ancestors.length === 0 ? undefined : path(ancestors),
    element('pre', {}, text),
    rows('Waiting for it', 'greenlet', waiters),
    rows('Spawned by it', 'greenlet', children),
  )
}

function fill(dialog: HTMLDialogElement, title: string, ...parts: (Node | undefined)[]): void {
  const close = button({ class: 'close', 'aria-label': 'Close' }, '×', () => {
    dialog.close()
  })
  dialog.replaceChildren(
    element('header', {}, element('h2', {}, title), close),
    element('div', { class: 'content' }, ...parts),
  )
  if (!dialog.open) dialog.showModal()
}

function path(ancestors: Details['ancestors']): HTMLElement {
  const links = ancestors.toReversed().flatMap(({ id, name }) => [opener(id, name), ' › '])
  return element('p', { class: 'path' }, 'Spawned by ', ...links.slice(0, -1))
}

function rows(title: string, noun: string, { total, rows: shown }: Details['waiters']): HTMLElement | undefined {
  if (total === 0) return undefined
  const items = shown
    .slice(0, 100)
    .map(({ id, name, waitsFor, state }) =>
      element('li', {}, opener(id, name), element('small', {}, waitsFor === '' ? state : waitsFor)),
    )
  const more =
    total > items.length
      ? element('p', { class: 'empty' }, `and ${counted(total - items.length, noun)} more`)
      : undefined
  return element(
    'section',
    {},
    element('h3', {}, `${title}: ${counted(total, noun)}`),
    element('ul', { class: 'plain' }, ...items),
    more,
  )
}

function opener(id: number, name: string): HTMLElement {
  return button({ class: 'link' }, `${name} #${id}`, () => {
    openDetails(id)
  })
}
