/** The benchmarks: `npm run bench -- --help`. */
import { findRuntimes, runSample, runtimeOf, type Amount, type Runtimes } from './commands.js'
import { acceptCounts, compareCounts } from './counts/accepted.js'
import { countInstructions } from './counts/count.js'
import { countStarting } from './counts/starting.js'
import { describeEnvironment } from './environment.js'
import { findStale, render } from './figures/render.js'
import { help, parseOptions, type Options } from './options.js'
import { linesOf, table, type WorkResult } from './report.js'
import { keepMeasurement, withMeasurement, writeResults, type Measurement, type Results } from './results.js'
import { median } from './statistics.js'
import type { Peer, Work } from './work.js'
import { suites } from './works.js'

const options = readOptions()
if (options?.help) process.stdout.write(help)
else if (options) await main(options)

function readOptions(): Options | undefined {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 2
    return undefined
  }
}

async function main(options: Options): Promise<void> {
  if (options.check) return check()
  if (options.render) return render()
  if (options.counts) return count(options)
  const runtimes = findRuntimes(options.nodes)
  const environments = runtimes.map((each) => describeEnvironment(each))
  const { machine, load, versions } = environments[0]!
  const nodes = environments.map((each) => each.versions['node']).join(' and ')
  const all = Object.entries({ ...versions, node: nodes }).map(([name, version]) => `${name} ${version}`)
  console.log(all.join(', '))
  console.log(`${machine}, load ${load}`)
  console.log(
    `Median of ${options.cycles} processes a peer, of each the median round; ${options.cpu ? 'processor' : 'wall'} time. ` +
      'Ratio: gvent ÷ peer, within each turn.\n',
  )
  let measured: Results = {}
  const results = new Map<string, WorkResult[]>()
  for (const work of chosenWorks(options)) {
    for (const [index, environment] of environments.entries()) {
      const result = await measure(work, options, runtimes[index]!)
      const { node } = environment.versions
      results.set(node!, [...(results.get(node!) ?? []), result])
      console.log(environments.length > 1 ? `Node ${node}, ${table(result)}` : table(result))
      const clock = options.cpu ? 'cpu' : 'wall'
      const measurement: Measurement = { ...environment, clock, quick: options.quick, ...recordsOf(result) }
      measured = withMeasurement(measured, work, measurement)
      // At once, so that a long run which is ended in the middle keeps its figures.
      if (isKept(options)) keepMeasurement(work, measurement)
    }
  }
  for (const [node, all] of results) summarizeGoals(node, all)
  if (options.output !== undefined) writeResults(measured, options.output)
  if (isKept(options)) await render()
}

/** Figures of some peers only, or of a first impression, do not take the place of complete ones. */
function isKept({ quick, keep, peers, output }: Options): boolean {
  return output === undefined && peers === undefined && (keep || !quick)
}

function chosenWorks({ suites: wanted, only }: Options): Work[] {
  return Object.entries(suites)
    .filter(([suite]) => wanted?.includes(suite) ?? true)
    .flatMap(([, { works }]) => works.filter(({ name }) => only?.includes(name) ?? true))
}

function recordsOf({ samples, left }: WorkResult): Pick<Measurement, 'samples' | 'left'> {
  const record = <T>(map: ReadonlyMap<Peer, T>): Record<string, T> =>
    Object.fromEntries([...map].map(([peer, value]) => [peer.name, value]))
  return { samples: record(samples), left: record(left) }
}

async function check(): Promise<void> {
  const stale = await findStale()
  if (stale.length === 0) return
  console.error(`Not what npm run bench -- --render makes of bench/results.json:\n  ${stale.join('\n  ')}`)
  process.exitCode = 1
}

async function count(options: Options): Promise<void> {
  const isComplete = options.suites === undefined && options.only === undefined
  const node = options.nodes[0]!
  const works = chosenWorks({ ...options, suites: ['kernel'] })
  const counts = { ...(await countInstructions(works, node)), ...(isComplete ? await countStarting(node) : {}) }
  if (options.accept) acceptCounts(counts, node, isComplete)
  else if (!compareCounts(counts, node)) process.exitCode = 1
}

/** All peers of a work by turns, so that whatever the machine does meanwhile happens to everybody. */
async function measure(work: Work, options: Options, runtimes: Runtimes): Promise<WorkResult> {
  const samples = new Map<Peer, number[]>()
  const left = new Map<Peer, string>()
  const wanted = work.peers.filter((peer) => isWanted(peer, options))
  for (let cycle = 0; cycle < options.cycles; cycle++) {
    for (const peer of wanted) {
      if (left.has(peer)) continue
      const runtime = runtimeOf(peer, runtimes)
      if ('missing' in runtime) {
        left.set(peer, runtime.missing)
        continue
      }
      progress(`${work.name}, turn ${cycle + 1} of ${options.cycles}: ${peer.name}`)
      try {
        const costs = await runSample(work, peer, runtimes, amountOf(work, peer, options))
        samples.set(peer, [...(samples.get(peer) ?? []), median(costs)])
      } catch (error) {
        process.exitCode = 1
        samples.delete(peer)
        left.set(peer, `It failed: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  progress('')
  return { work, samples, left }
}

function amountOf(work: Work, peer: Peer, { quick, cpu }: Options): Amount {
  const { warmups, rounds } = work
  return {
    operations: peer.operations ?? work.operations,
    warmups: quick ? Math.min(warmups, 2) : warmups,
    rounds: quick ? Math.min(rounds, 3) : rounds,
    clock: cpu ? 'cpu' : 'wall',
  }
}

function isWanted(peer: Peer, { peers }: Options): boolean {
  return peers?.some((name) => peer.name.toLowerCase().startsWith(name.toLowerCase())) ?? true
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`)
}

function summarizeGoals(node: string, results: readonly WorkResult[]): void {
  const judged = results.flatMap((result) =>
    linesOf(result).flatMap(({ peer, met }) => (met === undefined ? [] : [{ work: result.work.name, peer, met }])),
  )
  const missed = judged.filter(({ met }) => !met).map(({ work, peer }) => `${work} (${peer.name})`)
  console.log(`Node ${node}: ${judged.length - missed.length} of ${judged.length} goals met.`)
  if (missed.length > 0) console.log(`Not met: ${missed.join(', ')}`)
}
