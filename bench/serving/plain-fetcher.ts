/** Fetches the addresses in a file, 100 at a time: the fetcher as one writes it without gvent. */
import { readFileSync } from 'node:fs'
import pLimit from 'p-limit'

const urls = readFileSync(process.argv[2]!, 'utf8').split('\n').filter(Boolean)
const limit = pLimit(100)

async function page(url: string, index: number): Promise<void> {
  const response = await fetch(url)
  const text = await response.text()
  console.log(`Process ${index}: ${text.trim()}`)
}
await Promise.all(urls.map((url, index) => limit(page, url, index)))
