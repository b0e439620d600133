import { getDump, settings } from './data.js'
import { button, element, place } from './elements.js'
import { counted } from './wording.js'

/** Above so many greenlets a dump has one stack for each group, unless all are wanted. */
const GROUPED_ABOVE = 1000
/** Milliseconds that the program stands still for one stack. */
const STACK_COST = 0.01

/** Opens a dump. */
export function openDump(alive: number, all = alive <= GROUPED_ABOVE || settings.all): void {
  const dialog = place('report') as HTMLDialogElement
  const text = element('pre', {}, 'The stacks are being read …')
  const close = button({ class: 'close', 'aria-label': 'Close' }, '×', () => {
    dialog.close()
  })
  const save = button({}, 'Save', () => {
    saveText(text.textContent, 'gvent-dump.txt')
  })
  const cost = ((alive * STACK_COST) / 1000).toFixed(1)
  const other = all
    ? button({}, 'One stack a group', () => {
        openDump(alive, false)
      })
    : button({}, `Every greenlet: the program stands still for about ${cost} s`, () => {
        openDump(alive, true)
      })
  dialog.replaceChildren(
    element('header', {}, element('h2', {}, 'Dump'), close),
    element(
      'div',
      { class: 'content' },
      element(
        'div',
        { class: 'controls' },
        save,
        other,
        element('span', { class: 'total' }, counted(alive, 'greenlet')),
      ),
      text,
    ),
  )
  if (!dialog.open) dialog.showModal()
  getDump(all).then(
    (dump) => {
      text.textContent = dump === '' ? 'No greenlet is alive.' : dump
    },
    (error: unknown) => {
      text.textContent = (error as Error).message
    },
  )
}

function saveText(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  element('a', { href: address, download: name }).click()
  URL.revokeObjectURL(address)
}
