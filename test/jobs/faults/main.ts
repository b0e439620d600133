import { faultEngines } from './clients.js'
import { faults, runUnderFaults } from './fault-run.js'

/*
 * The fault run of each engine: `main.js [--jobs N] [ENGINE…]`. It prints what was done and how it ended, and fails if a job
 * was lost or ran twice without a reason.
 */
const args = process.argv.slice(2)
const given = args.indexOf('--jobs')
const count = given === -1 ? 10_000 : Number(args.splice(given, 2)[1])
const names = (args.length > 0 ? args : Object.keys(faultEngines)) as (keyof typeof faultEngines)[]

for (const name of names) {
  const { without } = faultEngines[name]
  if (without !== false) {
    console.log(`${name}: skipped, ${without}`)
    continue
  }
  console.log(`${name}: ${count} jobs on 3 workers`)
  const report = await runUnderFaults(name, count, [...faults, 'kill -9', 'cut'], (line) => {
    console.log(line)
  })
  const { lost, unexplained, dead, pending, twice, milliseconds, troubles, histories } = report
  const isGood = lost.length + unexplained.length + pending === 0 && dead.join() === 'poison'
  console.log(
    `${isGood ? 'good' : 'BAD'}: ${lost.length} lost, ${twice} ran twice, ${unexplained.length} of them without a reason, ` +
      `${pending} pending, dead: ${dead.join()}, ${troubles} troubles, ${(milliseconds / 1000).toFixed(1)} s`,
  )
  if (!isGood) {
    console.log(JSON.stringify({ lost, unexplained }))
    for (const line of histories) console.log(line)
    process.exitCode = 1
  }
}
