import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Timer, Timers } from '#scheduler/kernel/timers'
import { seeded } from '../seeded.js'

test('timers ring in the order of their milliseconds, then of their adding', () => {
  const timers = new Timers()
  const rung: number[] = []
  const times = [5, 3, 8, 3, 5, 1, 8, 2]
  for (const [index, time] of times.entries()) timers.add(new Timer((id) => rung.push(id), index), time)
  assert.equal(timers.next(), 1)
  timers.expire(4)
  assert.deepEqual(rung.splice(0), [5, 7, 1, 3])
  assert.equal(timers.next(), 5)
  timers.expire(100)
  assert.deepEqual(rung, [0, 4, 2, 6])
  assert.deepEqual([timers.size, timers.next()], [0, Infinity])
})

test('a time between two milliseconds counts as the later one', () => {
  const timers = new Timers()
  let rung = 0
  timers.add(new Timer(() => rung++, undefined), 4.1)
  timers.expire(4.9)
  assert.equal(rung, 0)
  timers.expire(5)
  assert.equal(rung, 1)
})

test('removing is idempotent, and a removed timer can be added again', () => {
  const timers = new Timers()
  let rung = 0
  const timer = new Timer(() => rung++, undefined)
  timers.remove(timer)
  for (let round = 0; round < 3; round++) {
    timers.add(timer, 10)
    timers.remove(timer)
    timers.remove(timer)
    assert.deepEqual([timers.size, timers.next()], [0, Infinity])
  }
  timers.add(timer, 10)
  timers.expire(10)
  timers.remove(timer)
  assert.deepEqual([rung, timers.size], [1, 0])
})

test('a timer that rings may add and remove others, of its own millisecond too', () => {
  const timers = new Timers()
  const log: string[] = []
  const doomed = new Timer(() => log.push('doomed'), undefined)
  const first = new Timer(() => {
    log.push('first')
    timers.remove(doomed)
    timers.add(new Timer(() => log.push('added'), undefined), 5)
    timers.add(new Timer(() => log.push('later'), undefined), 6)
  }, undefined)
  timers.add(first, 5)
  timers.add(doomed, 5)
  timers.expire(5)
  assert.deepEqual(log, ['first', 'added'])
  timers.expire(6)
  assert.deepEqual(log, ['first', 'added', 'later'])
})

for (const [name, spread] of Object.entries({ 'few milliseconds': 20, 'many milliseconds': 100_000 })) {
  test(`100,000 random insertions, removals and expirations over ${name} do what a sorted list does`, () => {
    const random = seeded(spread)
    const timers = new Timers()
    const model = new Map<Timer<number>, { tick: number; order: number }>()
    let now = 0
    let rung: number[] = []
    for (let order = 0; order < 100_000; order++) {
      const dice = random()
      if (dice < 0.55 || model.size === 0) {
        const timer = new Timer<number>((id) => rung.push(id), order)
        const time = now + random() * spread
        timers.add(timer, time)
        model.set(timer, { tick: Math.ceil(time), order })
      } else if (dice < 0.98) {
        const [timer] = model.keys()
        timers.remove(timer!)
        model.delete(timer!)
      } else {
        now += random() * spread * 0.02
        const due = Array.from(model).filter(([, { tick }]) => tick <= now)
        due.sort(([, a], [, b]) => a.tick - b.tick || a.order - b.order)
        rung = []
        timers.expire(now)
        assert.deepEqual(
          rung,
          due.map(([, { order: id }]) => id),
        )
        for (const [timer] of due) model.delete(timer)
      }
      assert.equal(timers.size, model.size)
      if (order % 500 === 0) {
        const next = Math.min(Infinity, ...Array.from(model.values(), ({ tick }) => tick))
        assert.equal(timers.next(), next)
      }
    }
  })
}

test('what a million cancelled timers leave behind is bounded', () => {
  const timers = new Timers()
  for (let index = 0; index < 1_000_000; index++) {
    const timer = new Timer(() => undefined, undefined)
    timers.add(timer, index * 3)
    timers.remove(timer)
  }
  assert.equal(timers.size, 0)
  const { buckets, heap } = timers as unknown as { buckets: Map<number, unknown>; heap: number[] }
  assert.ok(buckets.size < 5000 && heap.length < 5000, `${buckets.size} ${heap.length}`)
})
