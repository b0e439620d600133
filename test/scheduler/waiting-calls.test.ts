import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Greenlet, GreenletExit, Timeout, race, sleep, spawn, type Operation, type WaitOptions } from 'gvent/scheduler'
import { reasonOf } from './reason-of.js'
import { installVirtualHost, quiet } from './kernel/virtual-host.js'
import { callsThatWait, type World } from './waiting-calls.js'

const host = installVirtualHost()

/** Spawns a greenlet that waits. */
function waiter(operation: Operation<unknown>): Greenlet {
  return spawn(function* () {
    return yield* operation
  })
}

function assertNobodyWaits(world: World): void {
  assert.equal(world.parked?.() ?? 0, 0, 'nobody is left waiting')
}

/** After whatever happened: one who comes now can wait and be woken. */
async function assertStillWorks(world: World): Promise<void> {
  assertNobodyWaits(world)
  const greenlet = waiter(world.wait())
  await quiet()
  await world.wake()
  await quiet()
  assert.equal(greenlet.successful, true)
  assertNobodyWaits(world)
}

const others = { next: 'the next one does', all: 'the others do', nobody: 'the others stay as they are' }

for (const { name, make, killed, late, unlimited, brief } of callsThatWait(host)) {
  const check = (what: string, body: () => Promise<void>): void => void test(`${name}: ${what}`, body)

  if (!brief) {
    check('waits until it is woken', async () => {
      const world = make(1)
      const greenlet = waiter(world.wait())
      await quiet()
      assert.equal(greenlet.state, 'waiting')
      await world.wake()
      await quiet()
      assert.equal(greenlet.successful, true)
      assertNobodyWaits(world)
    })

    check('can be waited for outside of greenlets', async () => {
      const world = make(1)
      const promise = world.wait().then(() => 'woken')
      await quiet()
      await world.wake()
      assert.equal(await promise, 'woken')
    })
  }

  check('is left by a kill at once', async () => {
    const world = make(1)
    const greenlet = waiter(world.wait())
    if (!brief) await quiet()
    spawn(() => greenlet.kill())
    await quiet()
    assert.ok(greenlet.value instanceof GreenletExit)
    await assertStillWorks(world)
  })

  if (killed !== 'later') {
    check(`when the one that was woken is killed before it goes on, ${others[killed]}`, async () => {
      const world = make(3)
      const [first, second, third] = [waiter(world.wait()), waiter(world.wait()), waiter(world.wait())]
      await quiet()
      const woken = world.wake()
      assert.equal(first.state, 'ready')
      first.kill()
      await woken
      await quiet()
      assert.deepEqual([second.dead, third.dead], [killed !== 'nobody', killed === 'all'])
      for (const greenlet of [second, third]) {
        if (greenlet.dead) assert.equal(greenlet.successful, true)
        else greenlet.kill()
      }
      await quiet()
      assertNobodyWaits(world)
    })
  }

  if (!brief) {
    check('an outer Timeout passes through it', async () => {
      const world = make(1)
      let limit: Timeout | undefined
      const reason = reasonOf(
        spawn(function* () {
          using timeout = (limit = Timeout.start(10))
          yield* world.wait()
          assert.fail(String(timeout))
        }),
      )
      await host.advance(10)
      assert.equal(await reason, limit)
      await assertStillWorks(world)
    })

    check('takes nothing when it loses a race', async () => {
      const world = make(1)
      const greenlet = spawn(() => race([world.wait(), sleep(10)]))
      await host.advance(10)
      assert.equal(await greenlet, undefined)
      await assertStillWorks(world)
    })
  }

  if (unlimited) continue

  for (const [kind, limit] of [
    ['a number', 10],
    ['a Timeout', new Timeout(10)],
    ['a Timeout with an error of its own', new Timeout(10, new Error('too late'))],
  ] as const) {
    check(`its timeout may be ${kind}`, async () => {
      const world = make(1)
      const greenlet = spawn(() => world.wait({ timeout: limit }))
      const outcome = late === undefined ? reasonOf(greenlet) : greenlet
      await host.advance(9)
      assert.equal(greenlet.dead, false)
      await host.advance(1)
      if (late !== undefined) assert.deepEqual(await outcome, late.gives)
      else if (limit instanceof Timeout) assert.equal(await outcome, limit.error instanceof Error ? limit.error : limit)
      else assert.equal(((await outcome) as Timeout).milliseconds, 10)
      if (name !== 'Barrier.wait') await assertStillWorks(world)
    })
  }

  check('a Timeout that was closed is refused, and nobody is left waiting', async () => {
    const world = make(1)
    const timeout = new Timeout(10)
    timeout.close()
    assert.match(((await reasonOf(spawn(() => world.wait({ timeout })))) as Error).message, /was closed/)
    await assertStillWorks(world)
  })

  check('a signal that aborts raises its reason, before the wait and during it', async () => {
    const world = make(1)
    const controller = new AbortController()
    const options = { signal: controller.signal }
    const during = reasonOf(spawn(() => world.wait(options)))
    await quiet()
    const reason = new Error('aborted')
    controller.abort(reason)
    assert.equal(await during, reason)
    assert.equal(await reasonOf(spawn(() => world.wait(options))), reason)
    await assertStillWorks(world)
  })

  check('a limit that is none is refused at once', async () => {
    const world = make(1)
    const refused = async (options: WaitOptions): Promise<unknown> =>
      await reasonOf(
        spawn(function* () {
          yield* world.wait(options)
        }),
      )
    assert.ok((await refused({ timeout: -1 })) instanceof RangeError)
    assert.ok((await refused({ timeout: NaN })) instanceof RangeError)
    assert.ok((await refused({ timeout: '5' as never })) instanceof TypeError)
    assert.ok((await refused({ signal: 'stop' as never })) instanceof TypeError)
    await assertStillWorks(world)
  })
}
