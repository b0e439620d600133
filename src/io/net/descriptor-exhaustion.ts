import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { getHub } from '../../scheduler/kernel/thread.js'

/** How often is looked, in milliseconds. */
const INTERVAL = 1000

/** Somebody who loses connections when there are no descriptors. */
export interface DescriptorUser {
  /** Called once a second as long as there are none. */
  outOfDescriptors(): void
  toString(): string
}

const users = new Set<DescriptorUser>()
let interval: NodeJS.Timeout | undefined
let exhausted = false

/**
 * Watches, once a second, whether this process can still open a file, on behalf of one that listens. When it cannot,
 * the kernel still completes connections, and libuv accepts and closes them at once, so that they do not keep the loop
 * busy; it tells nobody (`uv__emfile_trick`). The clients see a connection that is closed without a word. Nothing can
 * be done about these, but it is said, and how many seconds it lasted is counted; the server serves on with the
 * connections that it has, and takes new ones as soon as some of them end.
 *
 * @returns a function that ends the watch.
 * @internal
 */
export function watchDescriptors(user: DescriptorUser): () => void {
  users.add(user)
  interval ??= setInterval(look, INTERVAL).unref()
  return () => {
    users.delete(user)
    if (users.size > 0) return
    clearInterval(interval)
    interval = undefined
  }
}

function look(): void {
  const code = tryToOpen()
  if (code === undefined) {
    if (exhausted) report('File descriptors are available again: new connections are served.')
    exhausted = false
    return
  }
  exhausted = true
  for (const user of users) user.outOfDescriptors()
  report(
    `Out of file descriptors (${code}): ${Array.from(users, String).join(', ')} cannot take new connections; those ` +
      'are closed at once. Raise the limit (`ulimit -n`), or accept fewer connections (`spawn: number`, `backlog`).',
  )
}

function tryToOpen(): string | undefined {
  try {
    closeSync(openSync(devNull, 'r'))
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EMFILE' || code === 'ENFILE' ? code : undefined
  }
}

function report(text: string): void {
  getHub().platform.report(text)
}
