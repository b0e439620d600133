import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Channel, Queue, all, race, select, sleep, spawn, suspend } from 'gvent/scheduler'

// Two operations of one select that would serve each other: exactly one of them may take effect, so they must not.

test('a channel does not meet itself in a select', async () => {
  for (const reversed of [false, true]) {
    const channel = new Channel<number>()
    const both = reversed
      ? () => select({ put: channel.put(1), get: channel.get() })
      : () => select({ get: channel.get(), put: channel.put(1) })
    const greenlet = spawn(both)
    await sleep(0)
    assert.equal(greenlet.state, 'waiting')
    assert.deepEqual([channel.size, channel.stats().getters, channel.stats().putters], [0, 1, 1])
    channel.putNowait(2)
    assert.deepEqual(await greenlet, { name: 'get', value: 2 })
    assert.deepEqual([channel.size, channel.stats().getters, channel.stats().putters], [0, 0, 0])
    const other = spawn(both)
    await sleep(0)
    assert.equal(channel.getNowait(), 1)
    assert.equal((await other).name, 'put')
    assert.deepEqual([channel.size, channel.stats().getters, channel.stats().putters], [0, 0, 0])
  }
})

test('two selects over both ends of a channel meet each other', async () => {
  const channel = new Channel<number>()
  const both = (item: number) => select({ get: channel.get(), put: channel.put(item) })
  const [first, second] = [spawn(both, 1), spawn(both, 2)]
  const [one, other] = [await first, await second]
  assert.deepEqual([one.name, other.name].sort(), ['get', 'put'])
  assert.equal(one.name === 'get' ? one.value : other.value, one.name === 'get' ? 2 : 1)
  assert.equal(channel.size, 0)
})

test('what a put of a select puts into a queue is not taken by a get of the same select', async () => {
  const queue = new Queue<number>(1)
  assert.deepEqual(await select({ get: queue.get(), put: queue.put(1) }), { name: 'put', value: undefined })
  assert.equal(queue.size, 1)
  assert.deepEqual(await select({ put: queue.put(2), get: queue.get() }), { name: 'get', value: 1 })
  assert.deepEqual([queue.size, queue.stats().putters], [0, 0])
})

test('the place that a get of a select makes goes to a putter outside of it', async () => {
  const queue = new Queue<number>(1)
  queue.putNowait(1)
  const putter = spawn(() => queue.put(3))
  await sleep(0)
  assert.equal(await race([queue.put(2), queue.get()]), 1)
  await putter
  assert.deepEqual(await select({ put: queue.put(2), get: queue.get() }), { name: 'get', value: 3 })
  assert.equal(queue.size, 0)
})

test('operations of an all serve each other', async () => {
  const channel = new Channel<number>()
  assert.deepEqual(await all([channel.put(1), channel.get()]), [undefined, 1])
  assert.deepEqual(await all([channel.get(), channel.put(2)]), [2, undefined])
})

test('a getter of a select gets what a callback of the same select puts', async () => {
  const queue = new Queue<number>()
  const put = suspend(() => {
    queue.putNowait(1)
  })
  assert.deepEqual(await select({ get: queue.get(), put }), { name: 'get', value: 1 })
  assert.equal(queue.size, 0)
})
