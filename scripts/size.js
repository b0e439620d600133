/**
 * Prints what the scheduler costs a web page: bundled for a browser, minified, and packed with gzip.
 *
 * - `npm run size`: a few typical imports, each with what the project aims at and its budget; fails if one is over
 *   that. The budgets are a little above what there is: who needs more raises them, and says for what.
 * - `npm run size -- --modules`: the modules that a page with the typical import carries.
 * - `npm run size -- --names`: what each public name costs alone, above what `spawn` costs, which all of them need.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const scheduler = fileURLToPath(new URL('../dist/scheduler/index.js', import.meta.url))
/** The names that the first release has. */
const first = `
  AsyncResult Barrier call green Channel all allSettled any race select Condition dump each BrokenBarrierError
  ConcurrentUseError Empty Full GreenletExit LoopExit NotInGreenletError ShutDown Event reportForgotten
  fromCallback Greenlet GreenletLocal Group iwait joinAll killAll wait JoinableQueue LifoQueue Lock RLock
  reportLost Operation Wait Permit Pool PriorityQueue Queue own scope BoundedSemaphore Semaphore shield idle sleep
  run spawn spawnLater supervise SupervisionError suspend getCurrent getHub hub Timeout until WaitGroup
  withTimeout
`
  .trim()
  .split(/\s+/)
const typical = ['spawn', 'joinAll', 'sleep', 'Timeout', 'Queue']
const imports = [
  { title: 'everything', names: undefined, goal: 25_000, budget: 39_200 },
  { title: 'everything of the first release', names: first, goal: 25_000, budget: 34_550 },
  { title: typical.join(', '), names: typical, goal: 12_000, budget: 15_700 },
  { title: 'spawn, sleep', names: ['spawn', 'sleep'], goal: 9_000, budget: 11_750 },
]

const { values } = parseArgs({
  options: { modules: { type: 'boolean', default: false }, names: { type: 'boolean', default: false } },
})
if (values.modules) await printModules()
if (values.names) await printNames()
await printBudgets()

async function printBudgets() {
  for (const { title, names, goal, budget } of imports) {
    const { minified, packed } = await measure(names)
    const over = packed > budget
    const verdict = `goal ${goal}, budget ${budget}${over ? ': OVER THE BUDGET' : ''}`
    console.log(
      `${String(packed).padStart(6)} bytes with gzip, ${String(minified).padStart(6)} minified: ${title} (${verdict})`,
    )
    if (over) process.exitCode = 1
  }
}

async function printModules() {
  const { modules } = await measure(typical)
  for (const [file, { bytesInOutput }] of modules) console.log(`${String(bytesInOutput).padStart(6)}  ${file}`)
}

async function printNames() {
  const { packed: least } = await measure(['spawn'])
  const names = Object.keys(await import(scheduler))
  const costs = []
  for (const name of names) costs.push({ name, more: (await measure([...new Set(['spawn', name])])).packed - least })
  console.log(`${String(least).padStart(6)}  spawn alone`)
  for (const { name, more } of costs.sort((a, b) => b.more - a.more)) console.log(`${`+${more}`.padStart(6)}  ${name}`)
}

/** Bundles a module that uses the names, or all there are. */
async function measure(names) {
  const contents =
    names === undefined
      ? `export * from ${JSON.stringify(scheduler)}`
      : `export { ${names.join(', ')} } from ${JSON.stringify(scheduler)}`
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
  })
  const [{ contents: bundle }] = outputFiles
  const [{ inputs }] = Object.values(metafile.outputs)
  const modules = Object.entries(inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
  return { minified: bundle.length, packed: gzipSync(bundle, { level: 9 }).length, modules }
}
