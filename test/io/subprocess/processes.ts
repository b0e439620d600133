import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { sleep, type Coroutine } from 'gvent'

/** Whether a process of that number is there and is not merely waiting for its parent to notice that it has ended. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return stateOf(pid) !== 'Z'
}

/** Waits until it has ended; it has been told to. */
export function* gone(pid: number): Coroutine<void> {
  for (let turn = 0; turn < 2000 && isRunning(pid); turn++) yield* sleep(5)
  if (isRunning(pid)) throw new Error(`process ${pid} still runs`)
}

/** Waits until this process has no children any more, dead ones included. */
export function* noChildren(): Coroutine<void> {
  for (let turn = 0; turn < 2000; turn++) {
    if (children().length === 0) return
    yield* sleep(5)
  }
  throw new Error(`children are left: ${children().join(', ')}`)
}

/** The direct children of this process, those included that have ended and that nobody has fetched. */
export function children(): string[] {
  if (!existsSync('/proc/self/stat')) return []
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && fieldsOf(Number(name))[1] === String(process.pid))
}

function stateOf(pid: number): string | undefined {
  return fieldsOf(pid)[0]
}

/** State, parent, … of a process, as far as the platform tells. */
function fieldsOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
