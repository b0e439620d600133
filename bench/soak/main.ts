/**
 * `npm run soak -- [--minutes <n>] [--clients <n>] [--seed <n>]`: good and bad clients by turns at the same servers for
 * two minutes, or as many as said. In the end their memory must not have grown, nor may a descriptor or a greenlet be
 * left, nor a client of good will have been served badly; otherwise the exit status is 1.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { clients, TurnedAway, type World } from './clients.js'
import { fitLine } from './regression.js'
import type { Places, Request, Sample } from './server.js'

/** How often the servers are stopped and started anew, in milliseconds. */
const RESTARTS = 30_000
/** What comes before this part of the time is for caches and the compiler. */
const WARM_UP = 0.2
/** More than so much memory may not have been gained, in bytes, with a certainty of 95 %. */
const GROWTH = 2 ** 19

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    clients: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
  },
})
const duration = Number(values.minutes) * 60_000
const interval = Math.max(duration / 120, 500)

const folder = mkdtempSync(join(tmpdir(), 'gvent-soak-'))
const server = fork(fileURLToPath(new URL('server.js', import.meta.url)), { execArgv: ['--expose-gc'] })
const served = new Map<string, number>()
const turnedAway = new Map<string, number>()
const failures: string[] = []
let asking: Promise<unknown> = Promise.resolve()
let over = false
let restarting = 0
let restarts = 0

try {
  process.exitCode = (await soak()) ? 0 : 1
} finally {
  server.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

async function soak(): Promise<boolean> {
  const path = join(folder, 'socket')
  // A round of everything comes first, so that what is made once for all is there at the start.
  const places = (await ask({ kind: 'start', path })) as Places
  const world: World = { places, path, dice: makeDice(Number(values.seed)) }
  for (const name of Object.keys(clients)) await visit(name, world)
  await ask({ kind: 'restart' })
  const first = await settled()

  const start = performance.now()
  const crowd = Array.from({ length: Number(values.clients) }, async () => {
    const names = Object.keys(clients)
    while (!over) await visit(names[world.dice(names.length)]!, world)
  })
  const samples: (Sample & { time: number })[] = []
  let nextRestart = RESTARTS
  for (let time = 0; time < duration; time = performance.now() - start) {
    await sleep(interval)
    samples.push({ ...((await ask({ kind: 'sample' })) as Sample), time: performance.now() - start })
    if (time > nextRestart) {
      nextRestart += RESTARTS
      restarts++
      restarting++
      await ask({ kind: 'restart' })
      restarting--
    }
  }
  over = true
  await Promise.all(crowd)
  await ask({ kind: 'restart' })
  const last = await settled()
  return judge(first, samples, last)
}

/** A sample when all that is still closing has closed. */
async function settled(): Promise<Sample> {
  await sleep(2000)
  return (await ask({ kind: 'sample' })) as Sample
}

async function visit(name: string, world: World): Promise<void> {
  const wasRestarting = restarting > 0
  try {
    await clients[name]!(world)
    count(served, name)
  } catch (error) {
    const isFair = error instanceof TurnedAway && (wasRestarting || restarting > 0)
    if (isFair) count(turnedAway, name)
    else failures.push(`${name}: ${describe(error)}`)
    // A server that does not listen at the moment is asked again soon enough.
    await sleep(10)
  }
}

function judge(first: Sample, samples: readonly (Sample & { time: number })[], last: Sample): boolean {
  const warm = samples.filter(({ time }) => time > duration * WARM_UP)
  const total = [...served.values()].reduce((sum, number) => sum + number, 0)
  const verdicts: [right: boolean, text: string][] = []
  const trends = (['live', 'resident'] as const).map((kind) => {
    const { slope, uncertainty } = fitLine(warm.map((sample) => [sample.time, sample[kind]]))
    return { growth: slope * duration, uncertainty: uncertainty * duration }
  })
  const [live, resident] = trends as [(typeof trends)[0], (typeof trends)[0]]
  verdicts.push(
    [
      live.growth - live.uncertainty < GROWTH,
      `memory alive: ${kilobytes(warm[0]!.live)} to ${kilobytes(warm.at(-1)!.live)} under load; the line through ` +
        `${warm.length} samples grows by ${kilobytes(live.growth)} ± ${kilobytes(live.uncertainty)}; ` +
        `at rest ${kilobytes(first.live)} before, ${kilobytes(last.live)} after`,
    ],
    [
      true,
      `memory resident: ${kilobytes(warm[0]!.resident)} to ${kilobytes(warm.at(-1)!.resident)}; the line grows by ` +
        `${kilobytes(resident.growth)} ± ${kilobytes(resident.uncertainty)}`,
    ],
    [last.descriptors === first.descriptors, `descriptors: ${first.descriptors} before, ${last.descriptors} after`],
    [last.greenlets === first.greenlets, `greenlets: ${first.greenlets} before, ${last.greenlets} after`],
    [last.reports.length === 0, `errors that nobody expected: ${listed(last.reports)}`],
    [failures.length === 0, `clients that were not served as they should have been: ${listed(failures)}`],
  )
  console.log(`${values.minutes} minutes, ${total} clients, ${restarts} restarts, seed ${values.seed}\n`)
  for (const name of Object.keys(clients)) {
    const away = turnedAway.get(name) ?? 0
    console.log(
      `  ${name.padEnd(36)} ${String(served.get(name) ?? 0).padStart(7)}${away > 0 ? `, ${away} in a restart` : ''}`,
    )
  }
  const endings = Object.entries(last.endings).map(([name, number]) => `${number} ${name}`)
  console.log(`\n  handlers that ended otherwise: ${endings.join(', ')}\n`)
  for (const [right, text] of verdicts) console.log(`${right ? 'good' : 'BAD '}  ${text}`)
  return verdicts.every(([right]) => right)
}

// One question at a time, so that the next message is the answer.
function ask(request: Request): Promise<unknown> {
  const answer = asking.then(async () => {
    server.send(request)
    const [message] = (await once(server, 'message')) as [{ answer: unknown }]
    return message.answer
  })
  asking = answer
  return answer
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function describe(error: unknown): string {
  if (error instanceof TurnedAway) return `turned away: ${describe(error.cause)}`
  return error instanceof Error ? error.message : String(error)
}

function listed(texts: readonly string[]): string {
  return texts.length === 0 ? 'none' : `${texts.length}\n        ${texts.slice(0, 10).join('\n        ')}`
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1024)} kB`
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

/** Mulberry32: the same dice for the same seed. */
function makeDice(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit)
  }
}
