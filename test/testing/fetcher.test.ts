import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HTTPServer, joinAll, sleep, spawn, type Coroutine } from 'gvent'
import { choose, explore, sometimes } from 'gvent/testing'
import { Download, perform } from '#examples/fetcher/download'
import { Rate } from '#examples/fetcher/rate'
import { schedulesOf } from './schedules.js'

/** Fetches two pages, one of which is often slower than the limit. */
function* fetchTwo(): Coroutine<void> {
  const server = new HTTPServer(8080, function* (request: Request) {
    yield* sleep(choose(3, 'the time of a page') * 30)
    return Response.json([{ title: new URL(request.url).pathname }])
  })
  yield* server.start()
  const options = { timeout: 50, retries: 2, rate: new Rate(Infinity), raw: false, output: undefined }
  const downloads = ['/a', '/b'].map((path, index) => new Download(index + 1, `http://localhost:8080${path}`))
  yield* joinAll(
    downloads.map((download) => spawn(perform, download, options)),
    { raiseError: true },
  )
  for (const { finished, failure, title, url, attempts } of downloads) {
    assert.ok(finished)
    assert.ok(attempts.length <= 3 && attempts.every(({ end }) => end < Infinity))
    if (failure === undefined) assert.equal(title, new URL(url).pathname)
    else assert.ok(failure.temporary && attempts.length === 3, failure.message)
    sometimes('it was repeated, and went well', failure === undefined && attempts.length > 1)
    sometimes('it failed in the end', failure !== undefined)
  }
  yield* server.stop()
}

test('the fetcher ends every download in order, over a network that fails', async () => {
  const network = { resets: true, refusals: true }
  await explore(fetchTwo, { schedules: schedulesOf(60), globals: true, network })
})
