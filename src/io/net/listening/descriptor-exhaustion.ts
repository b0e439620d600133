import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { FairQueue } from '../../../scheduler/kernel/run-queue.js'
import { getHub } from '../../../scheduler/kernel/thread.js'

/** How soon, in milliseconds, is looked after something ran, and how often while there are none. */
const PAUSE = 1000

/** Somebody who loses connections when there are no descriptors. */
export interface DescriptorUser {
  /** Called once a second as long as there are none. */
  outOfDescriptors(): void
  toString(): string
}

const users = new Set<DescriptorUser>()
let timer: NodeJS.Timeout | undefined
/** Whether the next turn of the hub has a look follow. */
let awaitsTurn = false
let exhausted = false

/**
 * Watches whether this process can still open a file, on behalf of one that listens: once a second while greenlets run. Nobody else
 * opens much, so a server for which nothing runs looks no more: it sleeps. When no file can be opened,
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
  if (timer === undefined && !awaitsTurn) lookSoon()
  return () => {
    users.delete(user)
    if (users.size > 0) return
    clearTimeout(timer)
    timer = undefined
  }
}

function lookSoon(): void {
  timer = setTimeout(look, PAUSE).unref()
}

function lookAfterTurn(): void {
  const { queue } = getHub()
  // That of a simulation runs in no time.
  if (!(queue instanceof FairQueue)) {
    lookSoon()
    return
  }
  const { afterTurn } = queue
  awaitsTurn = true
  queue.afterTurn = () => {
    queue.afterTurn = afterTurn
    awaitsTurn = false
    if (users.size > 0) lookSoon()
    afterTurn()
  }
}

function look(): void {
  const code = errorOfOpening()
  if (code === undefined) {
    timer = undefined
    lookAfterTurn()
    if (exhausted) report('File descriptors are available again: new connections are served.')
    exhausted = false
    return
  }
  lookSoon()
  exhausted = true
  for (const user of users) user.outOfDescriptors()
  report(
    `Out of file descriptors (${code}): ${Array.from(users, String).join(', ')} cannot take new connections; those ` +
      'are closed at once. Raise the limit (`ulimit -n`), or accept fewer connections (`spawn: number`, `backlog`).',
  )
}

/** The code of the error that says that there are no descriptors. */
function errorOfOpening(): string | undefined {
  try {
    closeSync(openSync(devNull, 'r'))
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Whatever else forbids to open this one says nothing of others.
    return code === 'EMFILE' || code === 'ENFILE' ? code : undefined
  }
}

function report(text: string): void {
  getHub().platform.report(text)
}
