import 'gvent/monkey/all'
import { joinAll, spawn, type Coroutine } from 'gvent'

function* fetchTitle(url: string, pid: number): Coroutine<void> {
  const response = yield* fetch(url)
  const items = (yield* response.json()) as { title: string }[]
  console.log(`Process ${pid}: ${items[0]!.title}`)
}

/** Fetches all the pages at once. */
export function* asynchronous(urls: string[]): Coroutine<void> {
  yield* joinAll(urls.map((url, pid) => spawn(fetchTitle, url, pid)))
}

/** Fetches the pages one after another. */
export function* synchronous(urls: string[]): Coroutine<void> {
  for (const [pid, url] of urls.entries()) yield* fetchTitle(url, pid)
}
