import { getCurrent, getHub, killAll, until, type Coroutine, type Operation } from 'gvent'
import { comparison, seconds } from './comparison.js'
import { asynchronous, synchronous } from './fetcher.js'
import { fetchPages } from './plain.js'
import { pages, servePages } from './pages.js'

/**
 * Serves the pages of the tutorial, fetches them at once and then one after another, compares the times, and fetches them
 * at once again, with the async functions of a program that knows nothing of greenlets.
 */
export function* demo(): Coroutine<void> {
  const server = yield* until(servePages())
  const delays = pages.map(({ milliseconds }) => milliseconds)
  const slowest = Math.max(...delays)
  const sum = delays.reduce((one, other) => one + other)
  try {
    console.log('Asynchronous:')
    const together = yield* timed(asynchronous, server.urls)
    console.log(`${seconds(together)}; the slowest page takes ${seconds(slowest)}\n`)
    console.log('Synchronous:')
    const apart = yield* timed(synchronous, server.urls)
    console.log(`${seconds(apart)}; all pages together take ${seconds(sum)}\n`)
    console.log(`${comparison(together, apart)}\n`)
    console.log('Plain async functions:')
    const plain = yield* timed((urls) => until(() => fetchPages(urls)), server.urls)
    console.log(`${seconds(plain)}; the slowest page takes ${seconds(slowest)}`)
  } finally {
    // Ctrl-C ends this greenlet, not those that it spawned.
    yield* killAll(
      getHub()
        .greenlets()
        .filter(({ parent }) => parent === getCurrent()),
    )
    server.close()
  }
}

function* timed(fetchAll: (urls: string[]) => Coroutine<void> | Operation<void>, urls: string[]): Coroutine<number> {
  const start = getHub().now()
  yield* fetchAll(urls)
  return getHub().now() - start
}
