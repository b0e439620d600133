import { getHub } from '../scheduler/index.js'
import type { Settings } from './consume-options.js'
import type { JobEvent } from './job-event.js'

/** Hands an event to those who asked for them; without any, troubles are printed. @internal */
export function tell({ onEvent }: Pick<Settings, 'onEvent'>, event: JobEvent): void {
  if (onEvent === undefined) {
    if (event.type !== 'trouble') return
    const about = event.id === undefined ? '' : ` of job ${JSON.stringify(event.id)}`
    getHub().report(`consume: ${event.during}${about} failed and will be tried again`, event.error)
    return
  }
  try {
    onEvent(event)
  } catch (error) {
    getHub().reportFailure('consume(source, work, { onEvent }): onEvent itself failed', error)
  }
}
