import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Barrier, BrokenBarrierError, race, sleep, spawn, type Greenlet } from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

function party(barrier: Barrier, log: unknown[] = []): Greenlet<number | undefined> {
  return spawn(function* () {
    const place = yield* barrier.wait()
    log.push(place)
    return place
  })
}

test('all go on when the last one has arrived, each with its place', async () => {
  const barrier = new Barrier(3)
  const parties = [party(barrier), party(barrier)]
  await quiet()
  assert.equal(barrier.waiting, 2)
  parties.push(party(barrier))
  assert.deepEqual(await Promise.all(parties), [0, 1, 2])
  assert.deepEqual(barrier.stats(), { parties: 3, waiting: 0, broken: false })
})

test('it can be used again at once, also by those who just went through', async () => {
  const barrier = new Barrier(2)
  const log: string[] = []
  const parties = ['a', 'b'].map((name) =>
    spawn(function* () {
      for (let round = 0; round < 3; round++) {
        log.push(`${name}${round}`)
        yield* barrier.wait()
      }
    }),
  )
  for (const one of parties) await one
  assert.deepEqual(
    log.map((entry) => entry.at(-1)),
    ['0', '0', '1', '1', '2', '2'],
  )
})

test('a barrier for one makes nobody wait', async () => {
  assert.equal(await new Barrier(1).wait(), 0)
})

test('the action is called once, before anybody goes on', async () => {
  const log: unknown[] = []
  const barrier = new Barrier(2, { action: () => void log.push('action') })
  for (const one of [party(barrier, log), party(barrier, log)]) await one
  assert.deepEqual(log.toSorted(), [0, 1, 'action'].toSorted())
  assert.equal(log[0], 'action')
})

test('an action that fails breaks the barrier, and raises its error in the last one', async () => {
  const barrier = new Barrier(2, {
    action: () => {
      throw new Error('action')
    },
  })
  const first = reasonOf(party(barrier))
  await quiet()
  const last = reasonOf(party(barrier))
  assert.ok((await first) instanceof BrokenBarrierError)
  assert.equal(((await last) as Error).message, 'action')
  assert.equal(barrier.broken, true)
})

test('one whose time is up gets undefined and breaks the barrier for the others, until it is reset', async () => {
  const barrier = new Barrier(3, { name: 'start' })
  const first = reasonOf(party(barrier))
  const late = spawn(() => barrier.wait({ timeout: 10 }))
  await host.advance(10)
  assert.equal(await late, undefined)
  const error = (await first) as BrokenBarrierError
  assert.equal(error.name, 'BrokenBarrierError')
  assert.equal(error.code, 'GVENT_BROKEN_BARRIER')
  assert.match(error.message, /^Barrier "start" is broken: /)
  assert.ok((await reasonOf(barrier.wait())) instanceof BrokenBarrierError)
  assert.equal(inspect(barrier), '<Barrier "start" for 3, broken>')
  barrier.reset()
  assert.equal(barrier.broken, false)
  for (const one of [party(barrier), party(barrier), party(barrier)]) await one
})

test('one that is killed, or loses a race, leaves as if it had never come', async () => {
  const barrier = new Barrier(2)
  const killed = party(barrier)
  await quiet()
  killed.kill()
  assert.equal(barrier.waiting, 0)
  const loser = spawn(() => race([barrier.wait(), sleep(1)]))
  await host.advance(1)
  await loser
  const parties = [party(barrier), party(barrier)]
  assert.deepEqual(await Promise.all(parties), [0, 1])
  assert.equal(barrier.broken, false)
})

test('one that is killed after all had arrived keeps nobody back', async () => {
  const barrier = new Barrier(2)
  const killed = party(barrier)
  await quiet()
  const other = party(barrier)
  spawn(() => killed.kill())
  assert.equal(await other, 1)
  assert.equal(barrier.broken, false)
})

test('reset() and abort() send those away who wait', async () => {
  const barrier = new Barrier(3)
  const waiting = [reasonOf(party(barrier)), reasonOf(party(barrier))]
  await quiet()
  barrier.reset()
  for (const error of waiting) assert.match(((await error) as Error).message, /was reset/)
  assert.equal(barrier.broken, false)
  const aborted = reasonOf(party(barrier))
  await quiet()
  assert.equal(inspect(barrier), '<Barrier for 3, 1 waiting>')
  barrier.abort()
  assert.ok((await aborted) instanceof BrokenBarrierError)
  assert.equal(barrier.broken, true)
})

test('wrong arguments are refused at once', () => {
  for (const parties of [0, -1, 1.5, NaN, Infinity]) assert.throws(() => new Barrier(parties), RangeError)
  for (const parties of ['2', undefined, { parties: 2 }]) assert.throws(() => new Barrier(parties as never), TypeError)
  assert.throws(() => new Barrier(2, { action: 5 as never }), { name: 'TypeError', message: /expected a function/ })
})
