import type { Transfer } from '../requests/transfer.js'
import { oneLine } from './terminal.js'
import { duration, size } from './units.js'

/** The one line of a URL: columns with tabs between them, of which the first is what became of it. */
export function lineOf(transfer: Transfer): string {
  const { outcome, status, target, attempts, failure, file, times } = transfer
  const details: string[] = []
  if (outcome === 'fetched') details.push(`${size(transfer.size)} in ${duration(times.total ?? 0)}`)
  if (file !== undefined) details.push(`→ ${oneLine(file)}`)
  if (transfer.checksum !== undefined) details.push(transfer.checksum)
  if (failure !== undefined) details.push(failure.message)
  if (attempts.length > 1) details.push(`(${attempts.length} attempts)`)
  return [outcome, status ?? '-', oneLine(target.url), details.join(' ')].join('\t').trimEnd()
}
