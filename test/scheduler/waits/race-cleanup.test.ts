import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  GreenletExit,
  Queue,
  Timeout,
  all,
  any,
  race,
  select,
  sleep,
  spawn,
  type Coroutine,
  type Operation,
  type Work,
} from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

/** Ends when it is killed, after a cleanup of 10 ms. */
function* slowToCleanUp(): Coroutine<never> {
  try {
    yield* sleep(Infinity)
  } finally {
    yield* sleep(10)
  }
  throw new Error('it went on')
}

/** What is over as soon as the queue has an item, and then waits for the cleanup of the other. */
const combinators: Record<string, (queue: Queue<string>) => Operation<unknown>> = {
  race: (queue) => race([queue.get(), slowToCleanUp()]),
  select: (queue) => select({ item: queue.get(), other: slowToCleanUp() }),
  any: (queue) => any([queue.get(), slowToCleanUp()]),
  all: (queue) => all([queue.get(), slowToCleanUp(), failAfter(queue)] as Work[]),
}

function* failAfter(queue: Queue<string>): Coroutine<never> {
  while (queue.stats().getters > 0) yield
  throw new Error('the other failed')
}

for (const [name, combine] of Object.entries(combinators)) {
  test(`${name}: the result is not delivered before the cleanup of those that lost is done`, async () => {
    const queue = new Queue<string>()
    let ended = false
    const greenlet = spawn(function* () {
      try {
        yield* combine(queue)
      } catch (error) {
        assert.match(String(error), /the other failed/)
      } finally {
        ended = true
      }
    })
    await host.advance(1)
    queue.putNowait('item')
    await host.advance(9)
    assert.equal(ended, false)
    await host.advance(1)
    assert.equal(greenlet.dead, true)
  })

  test(`${name}: killed during that cleanup, what it took goes to the next, and the cleanup is done`, async () => {
    const queue = new Queue<string>()
    const greenlet = spawn(() => combine(queue))
    const next = spawn(() => queue.get())
    await quiet()
    queue.putNowait('item')
    await host.advance(5)
    assert.equal(next.dead, false)
    greenlet.kill()
    assert.equal(await next, 'item')
    await host.advance(10)
    assert.ok(greenlet.value instanceof GreenletExit)
    host.takeReports()
  })

  test(`${name}: timed out during that cleanup, what it took is put back`, async () => {
    const queue = new Queue<string>()
    const greenlet = spawn(function* () {
      using _timeout = Timeout.start(5)
      yield* combine(queue)
    })
    const reason = reasonOf(greenlet)
    await quiet()
    queue.putNowait('item')
    await host.advance(20)
    assert.ok((await reason) instanceof Timeout)
    assert.equal(queue.getNowait(), 'item')
    host.takeReports()
  })
}

test('all: when one fails, what the others took is handed on, in order', async () => {
  const error = new Error('the other failed')
  const queue = new Queue<number>()
  const fail = function* (): Coroutine<never> {
    yield* sleep(5)
    throw error
  }
  for (const wait of [(work: Operation<unknown>) => work, (work: Operation<unknown>) => spawn(() => work)]) {
    const reason = reasonOf(wait(all([queue.get(), queue.get(), fail()])))
    await host.advance(1)
    queue.putNowait(1)
    queue.putNowait(2)
    assert.equal(queue.size, 0)
    await host.advance(4)
    assert.equal(await reason, error)
    assert.deepEqual([queue.getNowait(), queue.getNowait()], [1, 2])
  }
})
