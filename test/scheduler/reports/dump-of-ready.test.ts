import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Barrier, Pool, Queue, dump, killAll, run, sleep, spawn } from 'gvent/scheduler'

test('dump() shows where a greenlet that was woken stands, and does not resume it', async () => {
  await run(function* main() {
    const queue = new Queue<string>()
    const log: string[] = []
    spawn(function* reader() {
      log.push(yield* queue.get())
    })
    yield
    queue.putNowait('item')
    assert.match(dump(), /"reader" ready>\n.*at reader .*dump-of-ready/)
    assert.deepEqual(log, [])
    yield
    assert.deepEqual(log, ['item'])
  })
})

test('dump() shows where a greenlet gives way by sleep(0)', async () => {
  await run(function* main() {
    const log: string[] = []
    spawn(function* polite() {
      yield* sleep(0)
      log.push('gone on')
    })
    yield
    assert.match(dump(), /"polite" ready>\n.*at polite .*dump-of-ready/)
    assert.deepEqual(log, [])
    yield
    assert.deepEqual(log, ['gone on'])
  })
})

test('dump() tells how far a barrier, a full queue and a full pool are', async () => {
  await run(function* main() {
    const barrier = new Barrier(3)
    const queue = new Queue<number>(1)
    const pool = new Pool(1)
    queue.putNowait(1)
    yield* pool.spawn(() => sleep(Infinity))
    const greenlets = [
      spawn(() => barrier.wait()),
      spawn(() => barrier.wait()),
      spawn(() => queue.put(2)),
      spawn(() => pool.spawn(() => 1)),
    ]
    yield
    const text = dump()
    assert.match(text, /waiting for Barrier\.wait \(2 of 3\) for/)
    assert.match(text, /waiting for Queue\.put \(1 of 1 items\) for/)
    assert.match(text, /waiting for Pool\.spawn \(1 of 1 places taken\) for/)
    yield* killAll(greenlets)
    yield* pool.kill()
  })
})
