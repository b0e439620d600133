/** Has three processes fetch 10,000 URLs from Redis, or as many as its argument says, of which one is killed; prints all that was said. */
import { fetchByFleet } from './fleet-fetch.js'

const count = Number(process.argv[2] ?? 10_000)
const started = performance.now()
const { transcript, ...figures } = await fetchByFleet(count)
const seconds = ((performance.now() - started) / 1000).toFixed(1)
process.stdout.write(`${transcript}\n${JSON.stringify(figures)}\nNode ${process.version}, ${seconds} s\n`)
const { urls, lines, fetched, queued } = figures
if ([urls, lines, fetched, queued].some((number) => number !== count)) process.exitCode = 1
