import type { Greenlet } from '../../scheduler/greenlets/greenlet.js'
import { checkCount } from '../../scheduler/checks/check-count.js'
import { checkOptions } from '../../scheduler/checks/check-options.js'
import { messageOf } from '../../scheduler/checks/show.js'
import { getHub } from '../../scheduler/kernel/thread.js'
import { dump } from '../../scheduler/reports/dump.js'
import { hideKnownSecrets } from '../diagnostics/hide-secrets.js'
import { writeTo } from '../node/process/standard-output.js'
import { watchHub } from '../observing/events/hub-events.js'

/** Options of {@link printRunInfo}. */
export interface RunInfoOptions {
  /** Where to print it: stderr unless given. */
  output?: { write(text: string): unknown } | undefined
}

interface Finished {
  readonly text: string
  readonly at: number
}

const finished: Finished[] = []

/**
 * Remembers greenlets that have ended, for {@link printRunInfo}: the last ones, by a line each.
 *
 * @param options `count`: how many; 100 unless given.
 * @returns a function that ends it, and forgets them.
 */
export function rememberFinished(options: { count?: number | undefined } = {}): () => void {
  checkOptions(options, { own: ['count'] })
  const { count = 100 } = options
  checkCount(count, 'rememberFinished({ count })', 1)
  const stop = watchHub({
    ended(greenlet) {
      finished.push({ text: describeEnd(greenlet), at: greenlet.hub.now() })
      if (finished.length > count) finished.shift()
    },
  })
  return () => {
    stop()
    finished.length = 0
  }
}

/**
 * Prints every greenlet as a tree with its stack, as `dump()` gives it, and those that have ended and are remembered, see
 * {@link rememberFinished}. (gevent: `gevent.util.print_run_info`.)
 */
export function printRunInfo(options: RunInfoOptions = {}): void {
  checkOptions(options, { own: ['output'] })
  const hub = getHub()
  const now = hub.now()
  const { alive, made, ended, timers } = hub.stats()
  const lines = [
    `${alive} greenlets alive, ${made} made, ${ended} ended, ${timers} timers`,
    dump(),
    ...finished.map(({ text, at }) => `${text} ${((now - at) / 1000).toFixed(1)} s ago`),
  ]
  const text = hideKnownSecrets(`${lines.filter((line) => line !== '').join('\n')}\n`)
  if (options.output === undefined) writeTo('stderr', text)
  else options.output.write(text)
}

function describeEnd({ id, name, failure, killed }: Greenlet): string {
  const how =
    failure !== undefined ? `with ${messageOf(failure.error)}` : killed !== undefined ? 'by a kill' : 'with a value'
  return `<Greenlet #${id} ${JSON.stringify(name)} ended ${how}>`
}
