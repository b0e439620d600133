import { getDump, getTrace, settings } from './data.js'
import { button, element, place } from './elements.js'
import { counted } from './wording.js'

/** Above so many greenlets a dump has one stack for each group, unless all are wanted. */
const GROUPED_ABOVE = 1000
/** Milliseconds that the program stands still for one stack. */
const STACK_COST = 0.01

/** Opens a dump. */
export function openDump(alive: number, all = alive <= GROUPED_ABOVE || settings.all): void {
  const text = element('pre', {}, 'Reading the stacks …')
  const saver = button({}, 'Save', () => {
    save(new Blob([text.textContent], { type: 'text/plain' }), 'gvent-dump.txt')
  })
  const cost = ((alive * STACK_COST) / 1000).toFixed(1)
  const other = all
    ? button({}, 'One stack a group', () => {
        openDump(alive, false)
      })
    : button({}, `Every greenlet: pauses the program for about ${cost} s`, () => {
        openDump(alive, true)
      })
  const controls = [saver, other, element('span', { class: 'total' }, counted(alive, 'greenlet'))]
  openReport('Dump', element('div', { class: 'controls' }, ...controls), text)
  getDump(all).then(
    (dump) => {
      text.textContent = dump === '' ? 'No greenlet is alive.' : dump
    },
    (error: unknown) => {
      text.textContent = (error as Error).message
    },
  )
}

/** Asks for how long to record, and records. */
export function openTrace(): void {
  const status = element(
    'p',
    { role: 'status' },
    'The trace shows when each greenlet ran, what it waited for, and who woke it.',
  )
  const choices = [1, 5, 30].map((seconds) =>
    button({}, `Record ${seconds} s`, () => {
      for (const choice of choices) choice.disabled = true
      status.textContent = 'Recording …'
      getTrace(seconds * 1000)
        .then(
          (trace) => {
            save(trace, 'gvent.trace.json.gz')
            status.textContent = `Saved as gvent.trace.json.gz, ${(trace.size / 1000).toFixed(0)} kB; open it in ui.perfetto.dev.`
          },
          (error: unknown) => {
            status.textContent = (error as Error).message
          },
        )
        .finally(() => {
          for (const choice of choices) choice.disabled = false
        })
    }),
  )
  openReport('Trace', element('div', { class: 'controls' }, ...choices), status)
}

function openReport(title: string, ...parts: Node[]): void {
  const dialog = place('report') as HTMLDialogElement
  const close = button({ class: 'close', 'aria-label': 'Close' }, '×', () => {
    dialog.close()
  })
  dialog.replaceChildren(
    element('header', {}, element('h2', {}, title), close),
    element('div', { class: 'content' }, ...parts),
  )
  if (!dialog.open) dialog.showModal()
}

function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content)
  element('a', { href: address, download: name }).click()
  URL.revokeObjectURL(address)
}
