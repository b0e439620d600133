import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { WaitGroup, sleep, spawn, wait } from 'gvent/scheduler'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

test('wait() goes on when everything that was added is done', async () => {
  const group = new WaitGroup()
  for (const milliseconds of [1, 2, 3]) {
    group.add()
    spawn(function* () {
      yield* sleep(milliseconds)
      group.done()
    })
  }
  const waiting = [spawn(() => group.wait()), spawn(() => group.wait())]
  await host.advance(2)
  assert.equal(group.count, 1)
  for (const one of waiting) assert.equal(one.dead, false)
  await host.advance(1)
  for (const one of waiting) assert.equal(await one, true)
})

test('it can be used again, and wakes those who waited although more was added at once', async () => {
  const group = new WaitGroup()
  assert.equal(await group.wait(), true)
  group.add(2)
  const waiting = spawn(() => group.wait())
  await quiet()
  group.add(-2)
  group.add(5)
  assert.equal(await waiting, true)
  const late = spawn(() => group.wait({ timeout: 1 }))
  await host.advance(1)
  assert.equal(await late, false)
  assert.deepEqual(group.stats(), { count: 5, waiting: 0 })
  group.add(-5)
  assert.deepEqual(await wait([group]), [group])
})

test('more done than added is refused, and changes nothing', () => {
  const group = new WaitGroup({ name: 'downloads' })
  group.add(1)
  group.done()
  assert.throws(
    () => {
      group.done()
    },
    {
      name: 'RangeError',
      code: 'GVENT_NOT_HELD',
      message: /^WaitGroup "downloads"\.done\(\): only 0 are under way, .* Call add\(\) before the greenlet is spawned/,
    },
  )
  group.add(3)
  assert.throws(() => {
    group.add(-4)
  }, /add\(-4\): only 3 are under way/)
  assert.equal(inspect(group), '<WaitGroup "downloads" 3 under way>')
  assert.equal(group.wait().describe(), 'WaitGroup "downloads".wait')
})

test('a number that is not whole is refused', () => {
  const group = new WaitGroup()
  for (const delta of [0.5, NaN, Infinity]) {
    assert.throws(() => {
      group.add(delta)
    }, RangeError)
  }
  assert.throws(() => {
    group.add('1' as never)
  }, TypeError)
  assert.equal(group.count, 0)
})
