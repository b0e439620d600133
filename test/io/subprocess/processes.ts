import assert from 'node:assert/strict'
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

/** Waits until the system has been told of the end of all children of this process. */
export function* noZombies(): Coroutine<void> {
  for (let turn = 0; turn < 2000 && zombies().length > 0; turn++) yield* sleep(1)
  assert.deepEqual(zombies(), [])
}

/** The direct children of this process that have ended and that nobody has fetched. */
export function zombies(): string[] {
  if (!existsSync('/proc/self/stat')) return []
  return readdirSync('/proc').filter((name) => {
    const fields = /^\d+$/.test(name) ? fieldsOf(Number(name)) : []
    return fields[0] === 'Z' && fields[1] === String(process.pid)
  })
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
