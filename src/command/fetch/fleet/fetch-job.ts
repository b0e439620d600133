import { createHash } from 'node:crypto'
import type { JobCall, NewJob } from '../../../jobs/index.js'
import type { Target, TargetOptions } from '../input/target.js'

/** A URL as it goes through an engine. */
export interface FetchLine {
  readonly n: number
  readonly url: string
  readonly options?: TargetOptions | undefined
}

/** A URL that was fetched, or has failed, as it comes back: with its line of the manifest. */
export interface FetchResult {
  readonly line: FetchLine
  readonly entry: Readonly<Record<string, unknown>>
}

/** The name of the queue in which the results of another one come back. */
export function resultsOf(queue: string): string {
  return `${queue}-results`
}

/** The id of its job: the same each time that the same is to be fetched. */
export function idOf({ url, options }: Pick<FetchLine, 'url' | 'options'>): string {
  const sorted = Object.entries(options ?? {}).sort(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([url, ...sorted]))
    .digest('base64url')
    .slice(0, 32)
}

/** The job that fetches a URL. */
export function jobOf({ number, url, options }: Target): NewJob<JobCall> & { readonly id: string } {
  const line: FetchLine = { n: number, url, options }
  return { id: idOf(line), data: { call: 'fetch', args: [line] } }
}
