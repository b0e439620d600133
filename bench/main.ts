/** The benchmarks: `npm run bench -- --help`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findRuntimes, runSample, runtimeOf, type Amount, type Runtimes } from './commands.js'
import { printCounts } from './counts.js'
import { help, parseOptions, type Options } from './options.js'
import { linesOf, table, type WorkResult } from './report.js'
import { median } from './statistics.js'
import type { Peer, Work } from './work.js'
import { suites } from './works.js'

const root = new URL('../../', import.meta.url)
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
  const runtimes = findRuntimes(options.node)
  const chosen = Object.entries(suites)
    .filter(([suite]) => suite === (options.suite ?? suite))
    .map(([suite, works]) => ({ suite, works: works.filter(({ name }) => options.only?.includes(name) ?? true) }))
  if (options.counts) {
    return printCounts(
      chosen.flatMap(({ works }) => works),
      runtimes,
    )
  }
  const environment = describeEnvironment(runtimes)
  const versions = Object.entries(environment.versions).map(([name, version]) => `${name} ${version}`)
  console.log(versions.join(', '))
  console.log(`${environment.machine}, load ${environment.load}`)
  console.log(
    `Median of ${options.cycles} processes a peer, of each the median round; ${options.cpu ? 'processor' : 'wall'} time. ` +
      'Ratio: gvent ÷ peer, within each turn.\n',
  )
  const all: WorkResult[] = []
  for (const { suite, works } of chosen) {
    const results: WorkResult[] = []
    for (const work of works) {
      const result = await measure(work, options, runtimes)
      results.push(result)
      console.log(table(result))
    }
    all.push(...results)
    const complete =
      !options.quick && !options.cpu && !options.only && !options.peers && options.node === process.execPath
    if (complete && options.output === undefined)
      write(fileURLToPath(new URL(`bench/results/${suite}.json`, root)), results)
  }
  summarizeGoals(all)
  if (options.output !== undefined) write(options.output, all)

  function write(file: string, results: readonly WorkResult[]): void {
    writeResults(file, { ...environment, clock: options.cpu ? 'cpu' : 'wall' }, results)
  }
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

function summarizeGoals(results: readonly WorkResult[]): void {
  const judged = results.flatMap((result) =>
    linesOf(result).flatMap(({ peer, met }) => (met === undefined ? [] : [{ work: result.work.name, peer, met }])),
  )
  const missed = judged.filter(({ met }) => !met).map(({ work, peer }) => `${work} (${peer.name})`)
  console.log(`${judged.length - missed.length} of ${judged.length} goals met.`)
  if (missed.length > 0) console.log(`Not met: ${missed.join(', ')}`)
}

interface Environment {
  readonly date: string
  readonly machine: string
  readonly load: string
  readonly versions: Readonly<Record<string, string>>
}

function describeEnvironment(runtimes: Runtimes): Environment {
  const versions: Record<string, string> = {}
  const { node, go, python } = runtimes
  for (const [name, runtime] of Object.entries({ node, go, python })) {
    if ('version' in runtime) versions[name === 'python' ? 'gevent' : name] = runtime.version
  }
  for (const name of ['co', 'effect', 'effection', 'redux-saga', 'fastify', 'hono', '@hono/node-server', 'p-limit'])
    versions[name] = installedVersion(name)
  const processors = cpus()
  return {
    date: new Date().toISOString(),
    machine: `${processors.length} × ${processors[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`,
    load: loadavg()
      .map((load) => load.toFixed(2))
      .join(' '),
    versions,
  }
}

function installedVersion(name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, root), 'utf8'))
  return (manifest as { version: string }).version
}

function writeResults(
  file: string,
  environment: Environment & { clock: string },
  results: readonly WorkResult[],
): void {
  const works = results.map((result) => ({
    name: result.work.name,
    title: result.work.title,
    unit: result.work.unit,
    peers: linesOf(result).map(({ peer, cost, dividend, ratio, surplus, met }) => ({
      name: peer.name,
      note: peer.note,
      operations: peer.operations ?? result.work.operations,
      samples: result.samples.get(peer),
      cost,
      ratio: ratio && { of: `${dividend} ÷ ${peer.name}`, ...ratio },
      surplus: peer.surplus === undefined ? undefined : surplus,
      goal: peer.goal ?? peer.surplus ?? peer.atMost,
      met,
    })),
    left: Object.fromEntries([...result.left].map(([peer, reason]) => [peer.name, reason])),
  }))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ ...environment, works }, null, 2)}\n`)
}
