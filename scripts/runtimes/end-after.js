/**
 * Ends the processes of a run of tests, and removes its folder, when the run has ended in whatever way, by SIGKILL, too:
 * `node end-after.js MARK FOLDER`, with a pipe from the run as its stdin.
 */
import { rmSync } from 'node:fs'
import { endProcesses } from './processes.js'

const [mark, folder] = process.argv.slice(2)
process.stdin.resume().once('close', () => {
  endProcesses(mark)
  rmSync(folder, { recursive: true, force: true })
})
