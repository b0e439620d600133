#!/usr/bin/env node
/**
 * The checksums of files, by a program of the system: four at a time, ten seconds for each.
 *
 * node checksums.js file…
 */
import { Pool, run, subprocess, type Coroutine } from 'gvent'

function* checksum(file: string): Coroutine<string> {
  const { stdout } = yield* subprocess.run(['cksum', file], { text: true, check: true, timeout: 10_000 })
  return stdout.trimEnd()
}

await run(function* main() {
  const pool = new Pool(4)
  for (const next of pool.imap(checksum, process.argv.slice(2))) {
    try {
      const item = yield* next
      if (item.done) break
      console.log(item.value)
    } catch (error) {
      // A file that cannot be read is no reason to stop.
      if (!(error instanceof subprocess.CalledProcessError)) throw error
      console.error(error.message)
      process.exitCode = 1
    }
  }
})
