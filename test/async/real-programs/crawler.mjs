/** A crawler with cheerio and p-queue, and the site that it visits. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { load } from 'cheerio'
import PQueue, { TimeoutError } from 'p-queue'

const pages = {
  '/': ['Home', '/a', '/b', '/missing'],
  '/a': ['A', '/', '/c', '/flaky'],
  '/b': ['B', '/a', '/c', 'https://elsewhere.example/'],
  '/c': ['C', '/d'],
  '/d': ['D', '/hangs'],
  '/flaky': ['Flaky', '/'],
}
let tries = 0
const site = createServer(async (request, response) => {
  await turn()
  const page = pages[request.url]
  if (request.url === '/hangs') return
  if (request.url === '/flaky' && ++tries < 3) response.writeHead(503).end()
  else if (page === undefined) response.writeHead(404).end()
  else {
    const [title, ...links] = page
    const list = links.map((link) => `<li><a href="${link}">${link}</a></li>`).join('')
    response.setHeader('Content-Type', 'text/html').end(`<title>${title}</title><ul>${list}</ul>`)
  }
})
await once(site.listen(0, '127.0.0.1'), 'listening')
const origin = `http://127.0.0.1:${site.address().port}`

class Crawler {
  queue = new PQueue({ concurrency: 2 })
  titles = new Map()
  failures = []
  #seen = new Set()

  async crawl(start) {
    this.visit(start)
    await this.queue.onIdle()
  }

  visit(url) {
    if (this.#seen.has(url.href) || url.origin !== origin) return
    this.#seen.add(url.href)
    this.queue
      .add(async ({ signal }) => await this.#page(url, signal), {
        timeout: url.pathname === '/hangs' ? 100 : undefined,
      })
      .catch((error) => this.failures.push([url.pathname, error instanceof TimeoutError ? 'too slow' : error.message]))
  }

  async #page(url, signal, attempts = 3) {
    const response = await fetch(url, { signal })
    if (response.status === 503 && attempts > 1) {
      await response.body?.cancel()
      return await this.#page(url, signal, attempts - 1)
    }
    if (!response.ok) throw new Error(`status ${response.status}`)
    const $ = load(await response.text())
    this.titles.set(url.pathname, $('title').text())
    for (const link of $('a')) this.visit(new URL($(link).attr('href'), url))
  }
}

const crawler = new Crawler()
await crawler.crawl(new URL(origin))
console.log(Array.from(crawler.titles).sort(), crawler.failures.sort(), tries)
site.closeAllConnections()
site.close()
