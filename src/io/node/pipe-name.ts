import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'

const isWindows = process.platform === 'win32'

/** A place where a program may listen that this system takes, for messages. @internal */
export const EXAMPLE_PATH: string = isWindows ? String.raw`\\.\pipe\name` : '/path/to/a.sock'

/**
 * Checks the place of a Unix socket, which on Windows is the name of a pipe.
 *
 * @param where the call, for the message.
 * @throws TypeError on Windows for anything else: the system would say `EACCES`.
 * @internal
 */
export function checkPipeName(path: string, where: string): void {
  if (!isWindows || /^[/\\]{2}[.?][/\\]pipe[/\\]./i.test(path)) return
  throw misuse(new TypeError(`${where}: on Windows a path names a pipe: write ${EXAMPLE_PATH}, got ${show(path)}`))
}
