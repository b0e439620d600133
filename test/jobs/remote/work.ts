import { writeSync } from 'node:fs'
import { shield, sleep, type Coroutine } from 'gvent'
import { currentJob } from 'gvent/jobs'

/** Doubles a number, after a while. */
export function* double(number: number): Coroutine<number> {
  write(`begins ${number}`)
  yield* currentJob().progress(number)
  yield* sleep(30)
  return 2 * number
}

/** Runs until it is killed. */
export function* forever(): Coroutine<void> {
  write('begins forever')
  try {
    yield* sleep(1e8)
  } finally {
    yield* shield(sleep(5))
    write('cleaned up')
  }
}

/** Written at once: what was written before a `kill -9` has been read. */
function write(line: string): void {
  writeSync(1, `${line}\n`)
}
