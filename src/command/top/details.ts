import type { Details, Rows } from '../../io/observing/tables.js'
import { age, number } from './text.js'

/** One greenlet: its stack, its place in the tree, who waits for it. */
export function detailLines({ text, ancestors, waiters, children }: Details): string[] {
  const path = ancestors.map(({ id, name }) => `${name} #${id}`)
  return [
    ...text.split('\n'),
    '',
    `spawned by ${path.length === 0 ? 'code outside greenlets, or an unknown greenlet' : path.join(', by ')}`,
    ...section('waiting for it', waiters),
    ...section('spawned by it', children),
  ]
}

function section(title: string, { total, rows }: Rows): string[] {
  if (total === 0) return ['', `${title}: nobody`]
  const lines = rows.map(({ id, name, state, waitsFor, waited }) => {
    const what = waitsFor === '' ? state : `${waitsFor}, ${age(waited)}`
    return `  ${name} #${id}  ${what}`
  })
  const more = total > rows.length ? [`  and ${number(total - rows.length)} more`] : []
  return ['', `${title}: ${number(total)}`, ...lines, ...more]
}
