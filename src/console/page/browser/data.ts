import type { Rows, Details, RowKey } from '../../../io/observing/tables.js'
import type { Branches } from '../../../io/observing/tree.js'

const token = new URLSearchParams(location.search).get('token') ?? ''

/** The settings that the server gives the page. */
export const settings: { readonly all: boolean } = JSON.parse(
  document.getElementById('settings')!.textContent ?? '{}',
) as { all: boolean }

type Parameters = Readonly<Record<string, string | number | boolean | undefined>>

/** The address of something that the server knows. */
export function addressOf(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams({ token })
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== false) query.set(name, value === true ? '' : String(value))
  return `${path}?${query.toString()}`
}

async function get<T>(path: string, parameters: Parameters): Promise<T> {
  const response = await fetch(addressOf(path, parameters))
  if (!response.ok) throw new Error((await response.text()).trim())
  return (await response.json()) as T
}

/** Asks for rows of the table of greenlets. */
export function getRows(query: {
  from: number
  count: number
  sort: RowKey
  descending: boolean
  filter: string | undefined
  group: string | undefined
}): Promise<Rows> {
  return get('/rows', query)
}

/** Asks for the children of a greenlet; 0 for those without a parent. */
export function getTree(parent: number, group?: string, from = 0): Promise<Branches> {
  return get('/tree', { parent, group, from, count: 100 })
}

/** Asks what is known of a greenlet. */
export function getDetails(id: number): Promise<Details | null> {
  return get('/greenlet', { id })
}

/** Records for so many milliseconds, and gives the trace of Chrome's, with gzip. */
export async function getTrace(milliseconds: number): Promise<Blob> {
  const response = await fetch(addressOf('/trace', { for: milliseconds }))
  if (!response.ok) throw new Error((await response.text()).trim())
  return response.blob()
}

/** Asks for a dump; by groups, or with every greenlet. */
export async function getDump(all: boolean): Promise<string> {
  return (await get<{ text: string }>('/dump', { all })).text
}
