import type { Greenlet } from '../../../scheduler/greenlets/greenlet.js'
import { described } from '../../../scheduler/checks/show.js'
import { getCurrent } from '../../../scheduler/kernel/thread.js'
import type { HubListener } from './hub-events.js'

/** A wait that took at least so many milliseconds is slow; subscribers who mean more leave the others out. */
const SLOW = 100

/** The message on `gvent:spawn`: a greenlet was started. */
export interface SpawnMessage {
  /** The greenlet that was started. */
  readonly greenlet: Greenlet
  /** The greenlet that spawned it. */
  readonly parent: Greenlet | undefined
}

/** The message on `gvent:end`: a greenlet has ended, be it by a kill before it began. */
export interface EndMessage {
  /** The greenlet that has ended. */
  readonly greenlet: Greenlet
  /** How it ended. */
  readonly outcome: 'value' | 'error' | 'killed'
  /** The error that ended it. It is not lost: somebody may wait for it, see `gvent:lost-error`. */
  readonly error: unknown
}

/** The message on `gvent:kill`: a greenlet is being killed. It may have a cleanup to do yet, or never have run. */
export interface KillMessage {
  /** The greenlet that is killed. */
  readonly greenlet: Greenlet
  /** The exception that is raised in it. */
  readonly error: Error
  /** The greenlet that kills it; `undefined` outside of greenlets. */
  readonly by: Greenlet | undefined
}

/** The message on `gvent:lost-error`: an error that ended a greenlet, and that was not observed. */
export interface LostErrorMessage {
  /** The greenlet that the error ended. */
  readonly greenlet: Greenlet
  /** The error itself. */
  readonly error: unknown
}

/** The message on `gvent:slow-wait`: a greenlet goes on after 100 ms or more. */
export interface SlowWaitMessage {
  /** The greenlet that goes on. */
  readonly greenlet: Greenlet
  /** The operation that it waited for: `Lock "accounts".acquire`. */
  readonly operation: string
  /** How long it waited. */
  readonly milliseconds: number
}

/** The name of a channel of the hub. */
export type ChannelName = 'gvent:spawn' | 'gvent:end' | 'gvent:kill' | 'gvent:lost-error' | 'gvent:slow-wait'

/** Makes the listener that publishes on a channel. */
export const listenerOf: Readonly<Record<ChannelName, (publish: (message: object) => void) => HubListener>> = {
  'gvent:spawn': (publish) => ({
    started(greenlet) {
      publish({ greenlet, parent: greenlet.parent } satisfies SpawnMessage)
    },
  }),
  'gvent:end': (publish) => ({
    ended(greenlet) {
      const outcome = greenlet.failure !== undefined ? 'error' : greenlet.killed !== undefined ? 'killed' : 'value'
      publish({ greenlet, outcome, error: greenlet.error } satisfies EndMessage)
    },
  }),
  'gvent:kill': (publish) => ({
    killed(greenlet, error) {
      publish({ greenlet, error, by: getCurrent() } satisfies KillMessage)
    },
  }),
  'gvent:lost-error': (publish) =>
    watchLostErrors((greenlet, error) => {
      publish({ greenlet, error } satisfies LostErrorMessage)
    }),
  'gvent:slow-wait': (publish) => ({
    woken(greenlet) {
      const { wait } = greenlet
      if (wait === null) return
      const milliseconds = Math.floor(greenlet.hub.now() - wait.since)
      if (milliseconds < SLOW) return
      publish({ greenlet, operation: described(wait.operation), milliseconds } satisfies SlowWaitMessage)
    },
  }),
}

/** Calls `lost` with errors that nobody has observed by the time at which they are reported. */
export function watchLostErrors(lost: (greenlet: Greenlet, error: unknown) => void): HubListener {
  return {
    failed(greenlet) {
      const { hub } = greenlet
      // The hub decides in a `later` for which it has asked before.
      hub.platform.later(() => {
        const { failure } = greenlet
        if (failure?.observers === Infinity) lost(greenlet, failure.error)
      })
    },
  }
}
