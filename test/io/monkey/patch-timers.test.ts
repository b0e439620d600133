import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import timers, { scheduler, setImmediate, setTimeout } from 'node:timers/promises'
import { getHub, race, run, sleep, spawn } from 'gvent'
import { getOriginal, patchTimers, unpatchAll } from 'gvent/monkey'
import { simulate } from 'gvent/testing'
import { startProgram } from '../program.js'

patchTimers()
after(unpatchAll)

void test('a greenlet waits for a timer with yield*', async () => {
  const values = await run(function* () {
    return [yield* setTimeout(1, 'value'), yield* setImmediate('soon'), yield* scheduler.wait(1), yield* setTimeout()]
  })
  assert.deepEqual(values, ['value', 'soon', undefined, undefined])
})

void test('a timer that nobody waits for any more does not keep the process alive', async () => {
  const { ended } = startProgram(`
    import 'gvent/monkey/all'
    import timers from 'node:timers/promises'
    import { race, sleep, spawn, withTimeout } from 'gvent'
    const { scheduler, setTimeout } = timers
    const outside = setTimeout(1e6)
    const waits = [
      function* () { yield* setTimeout(1e6) },
      function* () { yield* setTimeout(1e6, 'value', { ref: true }) },
      function* () { yield* scheduler.wait(1e6) },
      function* () { yield outside },
      function* () { yield* race([setTimeout(1e6), sleep(10)]); yield* sleep(1e6) },
    ]
    const greenlets = waits.map((wait) => spawn(wait))
    await sleep(20)
    for (const greenlet of greenlets) await greenlet.kill()
    console.log('done')`)
  assert.deepEqual(await ended, { code: 0, signal: null, stdout: 'done\n', stderr: '' })
})

void test('signals, options and what is refused are as ever, in and out of greenlets', async () => {
  const calls: ((wait: typeof timers.setTimeout) => unknown)[] = [
    (wait) => wait('1' as never),
    (wait) => wait(1, 'value', { ref: true }),
    (wait) => wait(1, 'value', 5 as never),
    (wait) => wait(1, 'value', { signal: {} as never }),
    (wait) => wait(1000, 'value', { signal: AbortSignal.abort('reason') }),
    (wait) => {
      const controller = new AbortController()
      const promise = wait(1000, 'value', { signal: controller.signal })
      controller.abort('reason')
      return promise
    },
  ]
  const original = getOriginal(timers, 'setTimeout')
  for (const call of calls) {
    const expected = await outcome(() => call(original))
    assert.deepEqual(await outcome(() => call(setTimeout)), expected)
    assert.deepEqual(await run(() => outcome(() => call(setTimeout))), expected)
  }
  const wait = getOriginal(scheduler, 'wait')
  assert.deepEqual(
    await outcome(() => scheduler.wait.call({} as never, 1)),
    await outcome(() => wait.call({} as never, 1)),
  )
})

async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return ['gives', await call()]
  } catch (error) {
    const { name, code, message, cause } = error as NodeJS.ErrnoException
    return ['raises', name, code, message, cause]
  }
}

void test('outside of greenlets promises are settled in the order of their microtasks, as ever', async () => {
  const order: string[] = []
  const note = (text: string) => () => order.push(text)
  spawn(() => undefined)
  const first = setTimeout(1).then(note('first'))
  const second = getOriginal(timers, 'setTimeout')(1).then(note('second'))
  const third = setTimeout(1).then(note('third'))
  await Promise.all([first, second, third])
  assert.deepEqual(order, ['first', 'second', 'third'])
})

void test('in a simulation they go by its clock', async () => {
  const start = performance.now()
  await simulate({ seed: 1 }, function* () {
    // Where imports by name see no patches, these do.
    yield* timers.setTimeout(3_600_000)
    assert.equal(getHub().now(), 3_600_000)
    yield* race([timers.scheduler.wait(10_000), sleep(1000)])
    assert.equal(getHub().now(), 3_601_000)
  })
  assert.ok(performance.now() - start < 3_600_000)
})
