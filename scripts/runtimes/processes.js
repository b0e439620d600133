/**
 * Finds the processes of a run of tests and ends them: each inherits a variable that names the run. One that left the group of its
 * parent has it, too.
 */
import { readFileSync, readdirSync } from 'node:fs'

/** The variable in the environment of each. */
export const variable = 'GVENT_TEST_RUN'
/** One that starts another at the very moment escapes the first look. */
const MAX_LOOKS = 10

/**
 * Ends all processes whose variable begins with `mark`. Without /proc there are none to be found.
 *
 * @param {string} mark
 */
export function endProcesses(mark) {
  for (let look = 0; look < MAX_LOOKS; look++) {
    const found = processesOf(mark)
    if (found.length === 0) return
    for (const id of found) kill(id)
  }
}

/**
 * Ends a group of processes, if any of them is left.
 *
 * @param {number} id
 */
export function endGroup(id) {
  kill(-id)
}

function processesOf(mark) {
  const start = `${variable}=${mark}`
  return readdirOf('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => environmentOf(id).some((each) => each.startsWith(start)))
    .map(Number)
}

function environmentOf(id) {
  try {
    return readFileSync(`/proc/${id}/environ`, 'latin1').split('\0')
  } catch {
    // It has ended, or is another user's.
    return []
  }
}

function readdirOf(folder) {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function kill(id) {
  try {
    process.kill(id, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
