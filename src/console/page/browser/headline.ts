import type { Reading } from '../../reader.js'
import { element, place } from './elements.js'
import { count, counted, duration } from './wording.js'

/** The sentence on top: what jams, or that nothing does. */
export function showHeadline(reading: Reading): void {
  const { blocked, warnings } = reading
  const [first, ...others] = warnings
  if (blocked !== null) {
    const who = blocked.running === '' ? 'Code outside of greenlets' : blocked.running
    show(
      'bad',
      `Blocked for ${duration(blocked.milliseconds)}: ${who} is running and does not yield.`,
      element('pre', {}, blocked.stack.join('\n')),
      ...warnings.filter(({ code }) => code !== 'GVENT_RAN_LONG').map(warning),
    )
  } else if (first !== undefined) {
    const level = first.code === 'GVENT_WAIT_CYCLE' ? 'bad' : 'warn'
    show(level, first.text, advice(first.code), ...others.map(warning))
  } else {
    show('good', calm(reading))
  }
}

/** Says that the program has ended, or does not answer. */
export function showSilence(text: string, hasEnded: boolean): void {
  show('bad', hasEnded ? `The process is gone: ${text}.` : `The process is running, but ${text}.`)
}

/** Says that nobody serves the page; the browser goes on trying. */
export function showLost(): void {
  show('bad', 'There is no connection: the process has ended, or is out of reach.')
}

function show(level: 'good' | 'warn' | 'bad', sentence: string, ...more: (Node | string)[]): void {
  const headline = place('headline')
  headline.className = `headline ${level}`
  const text = `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`
  headline.replaceChildren(element('p', { class: 'sentence' }, text), ...more)
}

function warning({ code, text }: { code: string; text: string }): HTMLElement {
  return element('p', { class: 'warning' }, text, ' ', element('code', {}, code))
}

function advice(code: string): HTMLElement {
  return element(
    'p',
    { class: 'advice' },
    'What it means and how to fix it: ',
    element('code', {}, `npx gvent explain ${code}`),
  )
}

function calm({ counts, load, longest }: Reading): string {
  const waits = longest[0] === undefined ? '' : `; the longest wait is ${duration(longest[0].waited)}`
  const busy = load.utilization > 0.9 ? `The loop is busy, and ` : ''
  const alive = counts.alive === 0 ? 'no greenlet is alive' : `${counted(counts.alive, 'greenlet')} alive`
  const ready = counts.ready > 0 ? `, ${count(counts.ready)} ready to run` : ''
  return `${busy === '' ? 'Nothing jams: ' : busy}${alive}${ready}${waits}.`
}
