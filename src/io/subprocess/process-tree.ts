/** Whether a process can have a group of its own, which signals reach as a whole. Windows knows none. @internal */
export const HAS_GROUPS: boolean = process.platform !== 'win32'

/** Whether the group of a process has members, of any user. @internal */
export function hasMembers(pid: number): boolean {
  try {
    return process.kill(-pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/**
 * Sends a signal to a process, or to its whole group.
 * @returns whether there was somebody to get it.
 * @internal
 */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0, toGroup: boolean): boolean {
  try {
    return process.kill(toGroup ? -pid : pid, signal)
  } catch (error) {
    // EPERM: all that is left of the group runs under another user.
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH' || code === 'EPERM') return false
    // Windows has but a few signals, each of which ends the process at once.
    if (code === 'ENOSYS' && signal !== 'SIGKILL') return sendSignal(pid, 'SIGKILL', toGroup)
    throw error
  }
}
