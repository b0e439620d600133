import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Queue, dump, run, sleep, spawn } from 'gvent/scheduler'

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
