import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Counts } from './count.js'

/** So much more than what was accepted is a failure, as a share. Two runs of the same code differ by 0.006 at most. */
const tolerance = 0.05

const file = fileURLToPath(new URL('../../../bench/accepted-counts.json', import.meta.url))

/** The counts that were accepted last. They are of one Node: another compiles to other instructions. */
interface Accepted {
  readonly node: string
  readonly counts: Counts
}

/** Puts the counts in the place of the accepted ones; those that were not counted stay, unless `isComplete`. */
export function acceptCounts(counts: Counts, node: string, isComplete: boolean): void {
  const before = readAccepted()
  const version = versionOf(node)
  const others = isComplete || before?.node !== version ? {} : before.counts
  const accepted: Accepted = { node: version, counts: { ...others, ...counts } }
  writeFileSync(file, `${JSON.stringify(accepted, null, 2)}\n`)
  printTable(counts, before?.counts)
  console.log(`Accepted for Node ${version}.`)
}

/** Prints the counts beside the accepted ones. @returns whether none is greater by more than the tolerance. */
export function compareCounts(counts: Counts, node: string): boolean {
  const accepted = readAccepted()
  const version = versionOf(node)
  if (accepted?.node !== version) {
    printTable(counts, undefined)
    console.error(
      `The accepted counts are those of Node ${accepted?.node ?? '(none)'}, and this is ${version}: nothing is compared.\n` +
        'Count with that Node (npm run counts -- --node <path>), or accept the counts of this one: npm run counts -- --accept',
    )
    return false
  }
  printTable(counts, accepted.counts)
  const dearer = Object.entries(counts).filter(
    ([name, count]) => count > (accepted.counts[name] ?? 0) * (1 + tolerance),
  )
  if (dearer.length === 0) return true
  console.error(
    `\nThese take over ${tolerance * 100} % more instructions than accepted: ${dearer.map(([name]) => name).join('; ')}.\n` +
      'If the change is not meant to cost that, find what does: node --cpu-prof build/bench/sample.js, or valgrind.\n' +
      'If it is worth it, accept the new counts and say why in the commit: npm run counts -- --accept',
  )
  return false
}

function printTable(counts: Counts, accepted: Counts | undefined): void {
  const width = Math.max(...Object.keys(counts).map(({ length }) => length))
  for (const [name, count] of Object.entries(counts)) {
    const before = accepted?.[name]
    const change = before === undefined ? 'new' : `${(100 * (count / before - 1)).toFixed(1)} %, was ${before}`
    console.log(`${name.padEnd(width)} ${String(count).padStart(7)} instructions  (${change})`)
  }
}

function readAccepted(): Accepted | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Accepted) : undefined
}

function versionOf(node: string): string {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim().slice(1)
}
