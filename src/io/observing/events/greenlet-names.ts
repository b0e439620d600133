import { onFirstGreenlet } from '../../../scheduler/kernel/runnable.js'
import { onInspection } from '../../node/process/inspection.js'
import { showNames } from './shown-names.js'

/**
 * Has the engine know greenlets by their names while its debugger or profiler looks: a step of a greenlet is in a frame
 * that has its name, which CPU profiles show, and belongs to a task of that name, with which the debugger's asynchronous
 * stack goes on: to where the greenlet was spawned, and to its spawner.
 */
export function exposeNames(): void {
  let stop: (() => void) | undefined
  onFirstGreenlet(
    onInspection(
      () => (stop ??= showNames()),
      () => {
        stop?.()
        stop = undefined
      },
    ),
  )
}
