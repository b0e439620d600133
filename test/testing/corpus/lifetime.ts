import assert from 'node:assert/strict'
import {
  Event,
  Queue,
  Semaphore,
  joinAll,
  scope,
  sleep,
  spawn,
  withTimeout,
  type Coroutine,
  type Greenlet,
} from 'gvent'
import { choose } from 'gvent/testing'
import { caseOf, type Case } from './case.js'

/** Who is released when something failed, and released again at the end. */
function* doubleRelease(isOnce: boolean): Coroutine<void> {
  const slots = new Semaphore(1, { name: 'slots' })
  let inside = 0
  const use = function* (): Coroutine<void> {
    const permit = yield* slots.acquire()
    const release = (): void => {
      if (isOnce) permit.release()
      else slots.release()
    }
    try {
      inside++
      assert.equal(inside, 1, 'two hold the only slot')
      yield* sleep(10)
    } finally {
      inside--
      release()
    }
    yield
    if (choose(2, 'an error after the work') === 1 && !isOnce) release()
  }
  yield* joinAll([spawn(use), spawn(use), spawn(use)])
}

/** A hand-made semaphore: the permit is with its receiver before the receiver runs. */
function* lostPermit(isGivenBack: boolean): Coroutine<void> {
  let free = 1
  const line: { event: Event; granted: boolean }[] = []
  const release = (): void => {
    const next = line.shift()
    if (next === undefined) free++
    else {
      next.granted = true
      next.event.set()
    }
  }
  const acquire = function* (): Coroutine<void> {
    if (free > 0) {
      free--
      return
    }
    const place = { event: new Event(), granted: false }
    line.push(place)
    try {
      yield* place.event.wait()
    } catch (error) {
      if (!place.granted) line.splice(line.indexOf(place), 1)
      else if (isGivenBack) release()
      throw error
    }
  }
  const use = function* (): Coroutine<void> {
    yield* acquire()
    try {
      yield
    } finally {
      release()
    }
  }
  const [, second, third] = [spawn(use), spawn(use), spawn(use)]
  yield
  second.kill()
  yield* third
}

/** A connection is closed while somebody reads from it. */
function* closeWhileReading(wakesReaders: boolean): Coroutine<void> {
  let isOpen = true
  const arrived = new Semaphore(0)
  const buffer: string[] = []
  const read = function* (): Coroutine<string | undefined> {
    if (!isOpen) return undefined
    yield* arrived.acquire()
    return buffer.shift()
  }
  const close = (): void => {
    isOpen = false
    if (wakesReaders) arrived.release()
  }
  const reader = spawn(function* reader() {
    while ((yield* read()) !== undefined) yield
  })
  const peer = spawn(function* peer() {
    buffer.push('hello')
    arrived.release()
  })
  yield* peer
  close()
  yield* reader
}

/** Cleanup that the end of the work and the end of the connection both do. */
function* cleanupTwice(isIdempotent: boolean): Coroutine<void> {
  let closed = 0
  let isClosing = false
  const flushed = new Semaphore(1)
  const close = function* (): Coroutine<void> {
    if (isIdempotent ? isClosing : closed > 0) return
    isClosing = true
    ;(yield* flushed.acquire()).release()
    closed++
  }
  const work = function* (): Coroutine<void> {
    try {
      yield
    } finally {
      yield* close()
    }
  }
  const watch = function* (): Coroutine<void> {
    yield
    yield* close()
  }
  yield* joinAll([spawn(work), spawn(watch)])
  assert.equal(closed, 1)
}

/** A request is sent again because its answer is late, and then both are carried out. */
function* retryTwice(hasIdentity: boolean): Coroutine<void> {
  const inbox = new Queue<{ id: number; reply: Queue<string> }>()
  const charged: number[] = []
  const server = spawn(function* server() {
    for (;;) {
      const { id, reply } = yield* inbox.get()
      yield* sleep(choose(2, 'the latency') === 0 ? 5 : 20)
      if (!hasIdentity || !charged.includes(id)) charged.push(id)
      reply.putNowait('done')
    }
  })
  const request = function* (id: number): Coroutine<void> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const reply = new Queue<string>()
      yield* inbox.put({ id, reply })
      if ((yield* withTimeout(20, reply.get(), { value: undefined })) !== undefined) return
    }
  }
  yield* request(1)
  yield* sleep(100)
  yield* server.kill()
  assert.ok(charged.length <= 1, `charged ${charged.length} times`)
}

/** Who is killed has to take along what it spawned. */
function* orphan(isScoped: boolean): Coroutine<void> {
  const jobs = new Queue<string>()
  const work = function* worker(): Coroutine<void> {
    while ((yield* jobs.get()) !== 'stop');
  }
  const serve = function* (): Coroutine<void> {
    if (isScoped) {
      yield* scope(function* (s) {
        s.spawn(work)
        yield* sleep(10)
        jobs.putNowait('stop')
      })
      return
    }
    spawn(work)
    yield* sleep(10)
    jobs.putNowait('stop')
  }
  const server = spawn(serve)
  yield
  yield* sleep(10)
  server.kill()
  yield* server.join()
}

/** Used before it is set up. */
function* useBeforeReady(waits: boolean): Coroutine<void> {
  const ready = new Event()
  let config: { port: number } | undefined
  const setUp = function* (): Coroutine<void> {
    config = { port: 80 }
    ready.set()
  }
  const use = function* (): Coroutine<number> {
    if (waits) yield* ready.wait()
    return config!.port
  }
  const greenlets: Greenlet[] = [spawn(setUp), spawn(use)]
  for (const greenlet of greenlets) yield* greenlet
}

const STOP = -1

/** A worker is told to stop while it takes the last item. */
function* lostOnShutdown(drains: boolean): Coroutine<void> {
  const jobs = new Queue<number>()
  const done: number[] = []
  let isStopping = false
  const worker = spawn(function* worker() {
    while (drains || !isStopping) {
      const job = yield* jobs.get()
      if (job === STOP) return
      done.push(job)
      yield
    }
  })
  const produce = spawn(function* produce() {
    for (let job = 0; job < 3; job++) {
      yield* jobs.put(job)
      yield
    }
    isStopping = true
    yield* jobs.put(STOP)
  })
  yield* joinAll([produce, worker])
  assert.equal(done.length, 3)
}

export const lifetime: Case[] = [
  caseOf('double release', 'error', doubleRelease),
  caseOf('permit lost after hand-off', 'deadlock', lostPermit),
  caseOf('close while reading', 'deadlock', closeWhileReading),
  caseOf('cleanup twice', 'error', cleanupTwice),
  caseOf('retry that duplicates', 'error', retryTwice),
  caseOf('orphan', 'leak', orphan),
  caseOf('used before ready', 'error', useBeforeReady),
  caseOf('lost on shutdown', 'error', lostOnShutdown),
]
