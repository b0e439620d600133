/** Fetches the URLs of a file with `p-limit` and the platform's `fetch`, with no frills: so many at once, a line for each. */
import { readFileSync } from 'node:fs'
import pLimit from 'p-limit'

const [file = '', concurrency = '10'] = process.argv.slice(2)
const limit = pLimit(Number(concurrency))
const urls = readFileSync(file, 'utf8').split('\n').slice(0, -1)

await Promise.all(
  urls.map((url) =>
    limit(async () => {
      const response = await fetch(url)
      const body = await response.arrayBuffer()
      process.stdout.write(`${response.status}\t${url}\t${body.byteLength}\n`)
    }),
  ),
)
