import assert from 'node:assert/strict'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { before, test } from 'node:test'
import { root } from './pages.js'

interface Found {
  readonly url: string
}

const scripts = pathToFileURL(join(root, 'scripts', 'docs', '/')).href
let find: (words: string) => readonly Found[]
let lost: readonly string[]

before(async () => {
  const { renderPages, indexOf, lostPlaces } = (await import(`${scripts}site.js`)) as {
    renderPages: () => Promise<{ pages: readonly object[] }>
    lostPlaces: (pages: readonly object[]) => readonly string[]
    indexOf: (pages: readonly object[]) => string
  }
  const { loadIndex } = (await import(`${scripts}browser/search.js`)) as { loadIndex: (json: string) => typeof find }
  const { pages } = await renderPages()
  find = loadIndex(indexOf(pages))
  lost = lostPlaces(pages)
})

/** Words that people use, and where the answer is. */
const answers: Readonly<Record<string, string>> = {
  mutex: 'cookbook.html#a-mutex-one-at-a-time',
  throttle: 'limits.html#calls-per-second',
  throttling: 'limits.html#calls-per-second',
  'rate limit': 'limits.html#calls-per-second',
  'rate limiting': 'limits.html#calls-per-second',
  'graceful shutdown': 'production.html#a-server-that-shuts-down-cleanly',
  SIGTERM: 'production.html#a-server-that-shuts-down-cleanly',
  backpressure: 'limits.html#backpressure',
  'load shedding': 'limits.html#load-shedding',
  queue: 'cookbook.html#backpressure-a-producer-that-waits-for-its-consumer',
  opentelemetry: 'observability.html#events-nodediagnostics_channel',
  tracing: 'observability.html#events-nodediagnostics_channel',
  docker: 'production.html#docker',
  kubernetes: 'production.html#kubernetes',
  'health check': 'production.html#kubernetes',
  retry: 'limits.html#retries',
  'exponential backoff': 'limits.html#retries',
  'circuit breaker': 'limits.html#a-service-that-is-down',
  semaphore: 'cookbook.html#many-at-once-but-not-too-many',
  'p-limit': 'cookbook.html#many-at-once-but-not-too-many',
  worker: 'jobs.html#the-first-worker',
  'worker threads': 'processes.html#computing-threads',
  'job queue': 'jobs.html',
  'cancel fetch': 'http.html#fetching',
  AbortSignal: 'cookbook.html#a-promise-and-one-that-can-be-cancelled',
  leak: 'observability.html#each-request-leaves-a-greenlet-behind',
  'memory leak': 'observability.html#each-request-leaves-a-greenlet-behind',
  deadlock: 'why-it-hangs.html#nothing-can-ever-wake-it',
  timeout: 'cookbook.html#give-up-after-a-while',
  cancel: 'thinking-in-greenlets.html#kill-timeout-cleanup',
  'structured concurrency': 'thinking-in-greenlets.html#scopes',
  metrics: 'observability.html#numbers-for-monitoring',
  prometheus: 'observability.html#numbers-for-monitoring',
  'race condition': 'testing.html#explore-it',
  'fake timers': 'testing.html#time',
  'promise.all': 'cookbook.html#all-or-none-the-first-error-ends-the-others',
  asynclocalstorage: 'cookbook.html#the-user-of-this-request-everywhere',
  express: 'integration.html#express',
  websocket: 'http.html#websockets',
  'child process': 'processes.html#other-programs',
  'unhandled rejection': 'integration.html#unhandled-errors',
  'monkey patch': 'patching.html',
  install: 'install.html',
  eslint: 'linting.html',
  'event loop': 'how-it-works.html',
  internals: 'how-it-works.html',
  'distributed lock': 'jobs.html#locks-and-limits-for-the-fleet',
}

for (const [words, url] of Object.entries(answers)) {
  test(`a search for ${words} finds ${url} first`, () => {
    assert.equal(find(words)[0]?.url, url)
  })
}

test('the words in scripts/docs/search-words.js lead to sections that are there', () => {
  assert.deepEqual(lost, [])
})

test('a word is found while it is being typed, and with a letter that is wrong', () => {
  assert.equal(find('mute')[0]?.url, answers['mutex'])
  assert.equal(find('semaphor')[0]?.url, answers['semaphore'])
  assert.equal(find('backpresure')[0]?.url, answers['backpressure'])
})

test('behind the sections that have all the words come those that have some; text is without marks', () => {
  const found = find('graceful shutdown') as readonly { readonly url: string; readonly excerpt: string }[]
  assert.ok(found.length > 5)
  assert.equal(new Set(found.map(({ url }) => url)).size, found.length)
  for (const { excerpt } of [...found, ...(find('retry') as typeof found)])
    assert.doesNotMatch(excerpt, /&#|&lt;|<span|<code/)
})

test('the name of an error leads to its page, and a public name to the reference', () => {
  assert.equal(find('GVENT_LOOP_EXIT')[0]?.url, 'errors/GVENT_LOOP_EXIT.html')
  assert.match(find('PriorityQueue')[0]?.url ?? '', /^api\/.*#PriorityQueue|^api\/.*priority-queue\.html$/)
})
