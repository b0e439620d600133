/** A message from the primary to a worker. @internal */
export type ToWorker =
  /** Stop, and finish what you do within so many milliseconds. */
  | { readonly gvent: 'stop'; readonly grace: number }
  /** No connection will come any more. */
  | { readonly gvent: 'bye' }

/** A message from a worker to the primary. @internal */
export type ToPrimary =
  /** It does what it is there for. */
  | { readonly gvent: 'ready' }
  /** It listens no more. */
  | { readonly gvent: 'closed' }

/** Whether it is a message of ours; the program may have its own. @internal */
export function isToWorker(message: unknown): message is ToWorker {
  return isOurs(message)
}

/** @internal */
export function isToPrimary(message: unknown): message is ToPrimary {
  return isOurs(message)
}

function isOurs(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'gvent' in message
}
