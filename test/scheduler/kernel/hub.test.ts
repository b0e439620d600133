import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Queue, getHub, sleep, spawn, until } from 'gvent/scheduler'
import { installVirtualHost, quiet } from './virtual-host.js'

const host = installVirtualHost()

/** Resolves when the event loop of the platform has come round, with what `look` gives then. */
function nextRound<T>(look: () => T): Promise<T> {
  return new Promise((resolve) => void setImmediate(() => resolve(look())))
}

test('a turn that takes 5 ms ends, and the rest runs after the loop has come round', async () => {
  let ran = 0
  for (let index = 0; index < 100; index++) {
    spawn(() => {
      host.burn(1)
      ran++
    })
  }
  const inFirstTurn = await nextRound(() => ran)
  assert.ok(inFirstTurn >= 5 && inFirstTurn <= 8, String(inFirstTurn))
  while (ran < 100) {
    const before = ran
    const inTurn = (await nextRound(() => ran)) - before
    assert.ok(inTurn <= 8, String(inTurn))
  }
})

test('a single step that takes long ends the turn soon after it', async () => {
  let ran = 0
  for (let index = 0; index < 1000; index++) {
    spawn(() => {
      if (index === 500) host.burn(100)
      ran++
    })
  }
  const inFirstTurn = await nextRound(() => ran)
  assert.ok(inFirstTurn > 500 && inFirstTurn <= 564, String(inFirstTurn))
  await quiet()
  assert.equal(ran, 1000)
})

test('a turn is bounded in steps, too', async () => {
  let steps = 0
  const greenlet = spawn(function* () {
    for (;;) {
      steps++
      yield
    }
  })
  const inFirstTurn = await nextRound(() => steps)
  assert.ok(inFirstTurn > 1000 && inFirstTurn < 10_000, String(inFirstTurn))
  greenlet.kill()
})

const endless: Record<string, () => unknown> = {
  'a bare yield': () => undefined,
  'sleep(0)': () => sleep(0),
  'a promise that is settled': () => Promise.resolve(),
  'until a promise that is settled': () => until(Promise.resolve()),
  'a greenlet that ends at once': () => spawn(() => undefined),
  'a queue between two': () => {
    const queue = new Queue<number>()
    spawn(() => queue.putNowait(1))
    return queue.get()
  },
}

for (const [name, wait] of Object.entries(endless)) {
  test(`a greenlet that loops over ${name} starves neither timers nor the loop of the platform`, async () => {
    let steps = 0
    const greenlet = spawn(function* () {
      for (;;) {
        steps++
        host.burn(0.01)
        yield wait()
      }
    })
    const sleeper = spawn(() => sleep(5))
    for (let round = 0; round < 5; round++) assert.ok((await nextRound(() => steps)) > 0)
    await new Promise((resolve) => void setTimeout(resolve, 1))
    host.ring()
    await nextRound(() => undefined)
    await nextRound(() => undefined)
    assert.equal(sleeper.dead, true)
    assert.equal(greenlet.dead, false)
    greenlet.kill()
    await quiet()
  })
}

test('a script that awaits sleep(0) for ever starves nothing either', async () => {
  let go = true
  let steps = 0
  const script = (async () => {
    while (go) {
      steps++
      host.burn(0.01)
      await sleep(0)
    }
  })()
  await nextRound(() => undefined)
  await nextRound(() => undefined)
  assert.ok(steps > 0)
  go = false
  await script
})

test('each greenlet that is ready has its turn before one has a second', async () => {
  const counts = new Map<number, number>()
  for (let index = 0; index < 1000; index++) {
    spawn(function* () {
      for (let step = 1; step <= 20; step++) {
        counts.set(index, step)
        yield
        assert.ok(Math.min(...[0, 499, 999].map((other) => counts.get(other) ?? 0)) >= step - 1)
      }
    })
  }
  for (let round = 0; round < 10; round++) await quiet()
  assert.ok(Array.from(counts.values()).every((count) => count === 20))
})

test('the hub counts those who live, and lists them', async () => {
  const hub = getHub()
  const { made, alive } = hub
  const greenlets = [1, 2, 3].map(() => spawn(() => sleep(1)))
  assert.equal(hub.made, made + 3)
  assert.equal(hub.alive, alive + 3)
  assert.deepEqual(new Set(hub.greenlets()), new Set(greenlets))
  await host.advance(2)
  assert.equal(hub.alive, alive)
  assert.deepEqual(Array.from(hub.greenlets()), [])
})

test('a callback of the platform that wakes a greenlet while the hub sleeps starts a turn', async () => {
  const queue = new Queue<string>()
  const greenlet = spawn(() => queue.get())
  await quiet()
  await new Promise<void>((resolve) => {
    process.nextTick(() => {
      queue.putNowait('from nextTick')
      resolve()
    })
  })
  assert.equal(await greenlet, 'from nextTick')
})
