#!/usr/bin/env node
/**
 * How many primes there are below a number, counted by threads on all cores, while a greenlet shows how far they are.
 *
 * node primes.js [below]
 */
import { ThreadPool, run, sleep, spawn } from 'gvent'

const below = Number(process.argv[2] ?? 5_000_000)
const parts = 20

/** It runs in another thread, where it comes as its text: so it uses nothing that is around it. */
function countPrimes([from, to]: [number, number]): number {
  let count = 0
  for (let number = Math.max(from, 2); number < to; number++) {
    let divisor = 2
    while (divisor * divisor <= number && number % divisor !== 0) divisor++
    if (divisor * divisor > number) count++
  }
  return count
}

await run(function* main() {
  using pool = new ThreadPool()
  const ranges = Array.from({ length: parts }, (_, part): [number, number] => [
    Math.floor((below * part) / parts),
    Math.floor((below * (part + 1)) / parts),
  ])
  let done = 0
  let primes = 0
  const progress = spawn(function* show() {
    for (;;) {
      if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${parts} parts`)
      yield* sleep(100) // the threads compute meanwhile, and this one is free
    }
  })
  for (const next of pool.imapUnordered(countPrimes, ranges)) {
    const part = yield* next
    if (part.done) break
    primes += part.value
    done++
  }
  yield* progress.kill()
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  console.log(`${primes} primes below ${below}`)
})
