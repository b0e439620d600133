import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lock, RLock, killAll, race, sleep, spawn, type Greenlet } from 'gvent/scheduler'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

/** Spawns a greenlet that acquires the locks one after the other, giving way in between. */
function acquirer(name: string, ...locks: Lock[]): Greenlet {
  const greenlet = spawn(function* () {
    for (const lock of locks) {
      yield* lock.acquire()
      yield
    }
  })
  greenlet.name = name
  return greenlet
}

test('two owners that wait for each other are reported once, at the moment it happens', async () => {
  const [accounts, orders] = [new Lock({ name: 'accounts' }), new Lock({ name: 'orders' })]
  const a = acquirer('a', accounts, orders)
  const b = acquirer('b', orders, accounts)
  await quiet()
  const reports = host.takeReports()
  assert.equal(reports.length, 1)
  const [report] = reports
  assert.match(report!, /^Deadlock: .* Acquire several locks in the same order everywhere\.\n/)
  const [first, second] = [b, a].map(String)
  assert.ok(report!.includes(`${first} waits for Lock "accounts".acquire, which depends on ${second}`), report)
  assert.ok(report!.includes(`${second} waits for Lock "orders".acquire, which depends on ${first}`), report)
  assert.match(report!, /at .*lock-cycle\.test/)
  killAll([a, b])
})

test('a circle of three, and the one who only waits beside it', async () => {
  const locks = ['a', 'b', 'c'].map((name) => new Lock({ name }))
  const [a, b, c] = locks as [Lock, Lock, Lock]
  const greenlets = [acquirer('1', a, b), acquirer('2', b, c), acquirer('beside', a), acquirer('3', c, a)]
  await quiet()
  const [report, ...more] = host.takeReports()
  assert.deepEqual(more, [])
  assert.equal(report!.match(/waits for Lock/g)!.length, 3)
  assert.doesNotMatch(report!, /"beside"/)
  killAll(greenlets)
})

test('a lock that its own owner acquires again is reported, with the advice to take an RLock', async () => {
  const lock = new Lock({ name: 'tree' })
  const greenlet = acquirer('climber', lock, lock)
  await quiet()
  const [report] = host.takeReports()
  assert.match(report!, /Use an RLock/)
  assert.ok(report!.includes(`${greenlet.toString()} waits for Lock "tree".acquire, which it holds itself`))
  greenlet.kill()
})

test('who gets out of a cycle by a timeout and tries again is told once', async () => {
  const lock = new Lock()
  const greenlet = spawn(function* () {
    using _permit = yield* lock.acquire()
    for (let attempt = 0; attempt < 3; attempt++) assert.equal(yield* lock.acquire({ timeout: 10 }), undefined)
  })
  await host.advance(30)
  await greenlet
  assert.equal(host.takeReports().length, 1)
})

test('to wait for the end of one who waits for the lock is a cycle too', async () => {
  const lock = new Lock({ name: 'results' })
  const owner = spawn(function* () {
    using _permit = yield* lock.acquire()
    yield* spawn(() => lock.acquire())
  })
  await quiet()
  assert.match(host.takeReports()[0]!, /waits for Lock "results"\.acquire, .*\n[^]*waits for <Greenlet/)
  owner.kill()
})

test('a long chain of owners without a cycle, locks of one order, RLocks and races are no cycle', async () => {
  const locks = Array.from({ length: 50 }, () => new Lock())
  const chain = locks.map((lock, index) => acquirer(String(index), lock, locks[index + 1] ?? new Lock()))
  await quiet()
  killAll(chain)

  const lock = new RLock()
  const twice = acquirer('twice', lock, lock)
  await quiet()
  assert.equal(twice.dead, true)

  const [left, right] = [new Lock(), new Lock()]
  const undecided = spawn(function* () {
    using _permit = yield* left.acquire()
    yield
    yield* race([right.acquire(), sleep(5)])
  })
  const other = acquirer('other', right, left)
  await host.advance(5)
  await undecided
  await other
})

test('code outside of greenlets is in no cycle', async () => {
  const lock = new Lock()
  await lock.acquire()
  const second = lock.acquire()
  const third = second.then((permit) => {
    permit.release()
  })
  lock.release()
  await third
})
