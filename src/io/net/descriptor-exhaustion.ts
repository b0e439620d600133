import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { getHub } from '../../scheduler/kernel/thread.js'

/** How often is looked, in milliseconds, while descriptors are opened or closed, or there are none. */
const SHORTEST_PAUSE = 1000
/** How often at least. */
const LONGEST_PAUSE = 32_000

/** Somebody who loses connections when there are no descriptors. */
export interface DescriptorUser {
  /** Called once a second as long as there are none. */
  outOfDescriptors(): void
  toString(): string
}

const users = new Set<DescriptorUser>()
let timer: NodeJS.Timeout | undefined
let pause = SHORTEST_PAUSE
/** The result of the last check. */
let found: number | string | undefined
let exhausted = false

/**
 * Watches whether this process can still open a file, on behalf of one that listens: once a second, and ever less often
 * while nothing is opened or closed, so that an idle server sleeps. When it cannot,
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
  if (timer === undefined) lookAfter(SHORTEST_PAUSE)
  return () => {
    users.delete(user)
    if (users.size > 0) return
    clearTimeout(timer)
    timer = found = undefined
  }
}

/** Has the next look follow soon, if it was put off: a descriptor was opened. @internal */
export function noteDescriptor(): void {
  if (pause > SHORTEST_PAUSE && timer !== undefined) lookAfter(SHORTEST_PAUSE)
}

function lookAfter(milliseconds: number): void {
  clearTimeout(timer)
  pause = milliseconds
  timer = setTimeout(look, milliseconds).unref()
}

function look(): void {
  const before = found
  found = findFree()
  if (typeof found === 'number') {
    lookAfter(found === before ? Math.min(2 * pause, LONGEST_PAUSE) : SHORTEST_PAUSE)
    if (exhausted) report('File descriptors are available again: new connections are served.')
    exhausted = false
    return
  }
  lookAfter(SHORTEST_PAUSE)
  exhausted = true
  for (const user of users) user.outOfDescriptors()
  report(
    `Out of file descriptors (${found}): ${Array.from(users, String).join(', ')} cannot take new connections; those ` +
      'are closed at once. Raise the limit (`ulimit -n`), or accept fewer connections (`spawn: number`, `backlog`).',
  )
}

/** The first descriptor that is free; where there is none, the code of the error that says so. */
function findFree(): number | string {
  try {
    const descriptor = openSync(devNull, 'r')
    closeSync(descriptor)
    return descriptor
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Whatever else forbids to open this one says nothing of others.
    return code === 'EMFILE' || code === 'ENFILE' ? code : -1
  }
}

function report(text: string): void {
  getHub().platform.report(text)
}
