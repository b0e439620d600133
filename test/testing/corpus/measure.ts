/**
 * Prints for each bug of the corpus how soon it is found, over several seeds: `measure.js [seeds]`, 20 by default. With
 * a second argument, the name of a file, it writes the table there, too.
 */
import { writeFileSync } from 'node:fs'
import { SimulationFailure, explore } from 'gvent/testing'
import { corpus, corpusOverNetwork, type Case } from './index.js'

const MOST_SCHEDULES = 500

const seeds = Number(process.argv[2] ?? 20)
const output = process.argv[3]
const found = []
console.log(
  `found within ${MOST_SCHEDULES} schedules, of ${seeds} seeds; in which schedule; told in how many decisions`,
)
for (const each of [...corpus, ...corpusOverNetwork]) {
  const line = await measure(each)
  found.push(line)
  const { name, schedules, decisions } = line
  const of = `${schedules.length}/${seeds}`
  const [median, most] = [schedules[schedules.length >> 1], schedules.at(-1)]
  console.log(
    `${name.padEnd(28)} ${of.padStart(6)}  median ${median}, at most ${most}; at most ${Math.max(...decisions)}`,
  )
}
if (output !== undefined) {
  const environment = { date: new Date().toISOString(), node: process.version, seeds }
  writeFileSync(output, `${JSON.stringify({ ...environment, found }, null, 2)}\n`)
}

async function measure({ name, broken }: Case): Promise<{ name: string; schedules: number[]; decisions: number[] }> {
  const schedules: number[] = []
  const decisions: number[] = []
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      await explore(broken, { seed, schedules: MOST_SCHEDULES })
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error
      schedules.push(error.schedule)
      decisions.push(error.switches.length)
    }
  }
  return { name, schedules: schedules.sort((a, b) => a - b), decisions }
}
