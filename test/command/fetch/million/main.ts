/** Fetches a million URLs, or as many as its argument says, with a kill in the middle; says how much memory it took. */
import { fetchMany, type Progress } from './many.js'

const LIMIT = 150e6

const count = Number(process.argv[2] ?? 1_000_000)
const started = performance.now()
const show = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`

const { fetched, others, requests, status, peak } = await fetchMany(
  count,
  ({ requests, memory, isResumed }: Progress) => {
    const seconds = Math.round((performance.now() - started) / 1000)
    const text = `${requests.toLocaleString('en')} of ${count.toLocaleString('en')}, ${seconds} s, at most ${show(memory)}`
    process.stdout.write(`${text}${isResumed ? ' (resumed)' : ''}\n`)
  },
)
const seconds = ((performance.now() - started) / 1000).toFixed(1)
process.stdout.write(
  `Node ${process.version}: ${fetched} fetched, ${others} other lines, ${requests} requests or more, status ${status}, ` +
    `${seconds} s, at most ${show(peak)}\n`,
)
if (fetched !== count || others > 0 || status !== 0) process.exitCode = 1
if (peak > LIMIT) {
  process.stdout.write(`That is more than ${show(LIMIT)}.\n`)
  process.exitCode = 1
}
