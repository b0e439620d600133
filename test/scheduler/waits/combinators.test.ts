import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Event,
  Queue,
  all,
  allSettled,
  any,
  green,
  race,
  run,
  select,
  sleep,
  spawn,
  suspend,
  withTimeout,
  type Work,
} from 'gvent'

const log: string[] = []

function* worker(name: string, milliseconds: number, error?: Error) {
  try {
    yield* sleep(milliseconds)
    if (error !== undefined) throw error
    return name
  } finally {
    yield* sleep(1)
    log.push(name)
  }
}

function logged(): string[] {
  return log.splice(0)
}

test('race gives the first value, after the losers have cleaned up', async () => {
  assert.equal(await race([worker('slow', 1000), worker('fast', 1)]), 'fast')
  assert.deepEqual(logged().sort(), ['fast', 'slow'])
})

test('race raises the first error', async () => {
  await assert.rejects(race([worker('slow', 1000), worker('bad', 1, new Error('no'))]), { message: 'no' })
  logged()
})

test('race prefers the first that can go on at once, and begins no other', async () => {
  const [first, second] = [new Queue<string>(), new Queue<string>()]
  first.putNowait('a')
  second.putNowait('b')
  assert.equal(await race([first.get(), second.get()]), 'a')
  assert.deepEqual([first.size, second.size], [0, 1])
})

test('exactly one operation of a race takes effect, even when all become ready in one turn', async () => {
  const queues = [new Queue<string>(), new Queue<string>(), new Queue<string>()]
  const wrapped = green(function* () {
    return yield* queues[2]!.get()
  })
  const winner = spawn(() => race([queues[0]!.get(), queues[1]!.get(), wrapped()]))
  await sleep(1)
  for (const queue of queues) queue.putNowait('item')
  assert.equal(await winner, 'item')
  assert.deepEqual(
    queues.map((queue) => queue.size),
    [0, 1, 1],
  )
})

test('a race of green functions that are all served in one turn gives back what the losers got', async () => {
  const queues = [new Queue<string>(), new Queue<string>()]
  const take = green(function* (queue: Queue<string>) {
    return yield* queue.get()
  })
  const winner = spawn(() => race(queues.map((queue) => take(queue))))
  await sleep(1)
  for (const queue of queues) queue.putNowait('item')
  assert.equal(await winner, 'item')
  assert.deepEqual(
    queues.map((queue) => queue.size),
    [0, 1],
  )
})

test('a race that is killed after its result was handed over gives it back', async () => {
  const queue = new Queue<string>()
  const racer = spawn(() => race([queue.get(), sleep(Infinity)]))
  await run(function* () {
    yield* sleep(1)
    queue.putNowait('item')
    yield* racer.kill()
  })
  assert.equal(queue.size, 1)
  assert.equal(queue.stats().getters, 0)
})

test('a killed race kills its coroutines and waits for their cleanup', async () => {
  const racer = spawn(() => race([worker('a', 1000), worker('b', 1000)]))
  await sleep(1)
  await racer.kill()
  assert.deepEqual(logged(), ['a', 'b'])
})

test('a greenlet that lost a race goes on', async () => {
  const greenlet = spawn(worker, 'mine', 5)
  assert.equal(await race([greenlet, sleep(0)]), undefined)
  assert.equal(greenlet.dead, false)
  assert.equal(await greenlet, 'mine')
  logged()
})

test('select names the one that took effect', async () => {
  const jobs = new Queue<number>()
  await run(function* () {
    const selected = yield* select({ job: jobs.get(), stop: sleep(1) })
    assert.equal(selected.name, 'stop')
    jobs.putNowait(7)
    const again = yield* select({ job: jobs.get(), stop: sleep(1) })
    if (again.name === 'job') {
      const job: number = again.value
      assert.equal(job, 7)
    } else assert.fail(again.name)
  })
  assert.equal(jobs.stats().getters, 0)
})

test('all gives the values in order, of operations, greenlets, coroutines and promises', async () => {
  const values = await all([sleep(2), spawn(worker, 'a', 1), worker('b', 0), Promise.resolve(3)])
  const typed: [void, string, string, number] = values
  assert.deepEqual(typed, [undefined, 'a', 'b', 3])
  logged()
})

test('the first error of all cancels the others and is raised after their cleanup', async () => {
  await assert.rejects(all([worker('a', 1000), worker('b', 1, new Error('no')), worker('c', 1000)]), { message: 'no' })
  assert.deepEqual(logged().sort(), ['a', 'b', 'c'])
})

test('what a cancelled all had got is given back in order', async () => {
  const queue = new Queue<number>()
  const waiting = spawn(() => all([queue.get(), queue.get(), sleep(Infinity)]))
  await sleep(1)
  queue.putNowait(1)
  queue.putNowait(2)
  await waiting.kill()
  assert.deepEqual([queue.getNowait(), queue.getNowait()], [1, 2])
})

test('all of nothing is nothing', async () => {
  assert.deepEqual(await all([]), [])
  assert.deepEqual(await allSettled([]), [])
})

test('any gives the first success, or all errors in order', async () => {
  assert.equal(await any([worker('a', 1, new Error('no')), worker('b', 5)]), 'b')
  await assert.rejects(any([worker('a', 2, new Error('first')), worker('b', 1, new Error('second'))]), (error) => {
    assert.ok(error instanceof AggregateError)
    assert.deepEqual(
      error.errors.map((each: Error) => each.message),
      ['first', 'second'],
    )
    return true
  })
  logged()
})

test('allSettled tells of each', async () => {
  const error = new Error('no')
  assert.deepEqual(await allSettled([worker('a', 1), worker('b', 1, error)]), [
    { status: 'fulfilled', value: 'a' },
    { status: 'rejected', reason: error },
  ])
  logged()
})

test('a timeout of a combinator raises, and cancels all', async () => {
  await assert.rejects(race([worker('a', 1000)], { timeout: 1 }), { name: 'Timeout' })
  await assert.rejects(all([sleep(1000)], { timeout: 1 }), { name: 'Timeout' })
  assert.equal(await withTimeout(1, race([worker('b', 1000)]), { value: 'late' }), 'late')
  assert.deepEqual(logged(), ['a', 'b'])
})

test('a coroutine can be raced once only', async () => {
  const coroutine = worker('a', 0)
  await race([coroutine])
  await assert.rejects(race([coroutine]), { name: 'TypeError', message: /used before/ })
  logged()
})

test('mistakes are named', () => {
  assert.throws(() => race([]), { name: 'RangeError' })
  assert.throws(() => select({}), { name: 'RangeError' })
  assert.throws(() => all(5 as never), { name: 'TypeError', message: /all\(\[a, b\]\)/ })
  assert.throws(() => all([5 as unknown as Work]), { name: 'TypeError' })
})

test('an operation that ends an earlier one of the same select when it begins takes no effect', async () => {
  const event = new Event()
  let undone = 0
  const late = suspend(() => {
    event.set()
    return () => undone++
  })
  assert.equal((await select({ event: event.wait(), late })).name, 'event')
  assert.equal(undone, 1)
})
