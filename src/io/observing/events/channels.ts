import { channel, type Channel } from 'node:diagnostics_channel'
import { onFirstGreenlet } from '../../../scheduler/kernel/runnable.js'
import { watchHub } from './hub-events.js'
import { listenerOf, type ChannelName } from './messages.js'

const names: readonly ChannelName[] = ['gvent:spawn', 'gvent:end', 'gvent:kill', 'gvent:lost-error', 'gvent:slow-wait']

/** Node forgets a channel that is not referenced, and a later subscriber gets another one. */
const held: Channel[] = []

/**
 * Has the channels of the hub publish. Until somebody subscribes to one, nothing in the hub is different: a channel's
 * own `subscribe` and `unsubscribe` are what begins and ends it.
 */
function openChannels(): void {
  if (held.length > 0) return
  for (const name of names) {
    const own = channel(name)
    held.push(own)
    let stop: (() => void) | undefined
    const update = (): void => {
      if (own.hasSubscribers === (stop !== undefined)) return
      if (stop === undefined) {
        const publish = (message: object): void => {
          own.publish(message)
        }
        stop = watchHub(listenerOf[name](publish))
      } else {
        stop()
        stop = undefined
      }
    }
    for (const method of ['subscribe', 'unsubscribe', 'bindStore', 'unbindStore'] as const) {
      Object.defineProperty(own, method, {
        configurable: true,
        writable: true,
        // Taken from the prototype at each call: a channel changes that when it gets its first subscriber.
        value(this: Channel, ...args: unknown[]) {
          const proto = Object.getPrototypeOf(this) as Record<string, (...args: unknown[]) => unknown>
          try {
            return proto[method]!.apply(this, args)
          } finally {
            update()
          }
        },
      })
    }
    update()
  }
}

/** Opens the channels of this thread when it has its first greenlet: before that there is nothing to tell. */
export function exposeChannels(): void {
  onFirstGreenlet(openChannels)
}
