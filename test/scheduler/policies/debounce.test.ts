import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GreenletExit, debounce, getHub, joinAll, shield, sleep, spawn, type Coroutine } from 'gvent'
import { explore, simulate } from 'gvent/testing'

test('a burst of calls runs the function once, with the last arguments, after a quiet time', async () => {
  await simulate(function* () {
    const runs: unknown[] = []
    const save = debounce(function* (text: string) {
      runs.push([text, getHub().now() - begin])
      yield* sleep(1)
      return text.length
    }, 100)
    const begin = getHub().now()
    const first = save('a')
    yield* sleep(60)
    const second = save('ab')
    yield* sleep(60)
    const third = save('abc')
    assert.equal(first, second)
    assert.equal(second, third)
    assert.equal(yield* first, 3)
    assert.deepEqual(runs, [['abc', 220]])

    assert.equal(yield* save('next'), 4)
    assert.equal(runs.length, 2)
  })
})

test('a call while the function runs begins another burst', async () => {
  await simulate(function* () {
    const save = debounce(function* (text: string) {
      yield* sleep(1000)
      return text
    }, 10)
    const first = save('first')
    yield* sleep(20)
    const second = save('second')
    assert.notEqual(first, second)
    assert.deepEqual([yield* first, yield* second], ['first', 'second'])
  })
})

test('killing the greenlet calls the burst off', async () => {
  await simulate(function* () {
    const runs: string[] = []
    const save = debounce((text: string) => runs.push(text), 10)
    const burst = save('gone')
    yield* burst.kill()
    assert.ok((burst.value as unknown) instanceof GreenletExit)
    yield* save('kept')
    const started = save('killed later')
    yield* sleep(5)
    yield* started.kill()
    yield* save('last')
    assert.deepEqual(runs, ['kept', 'last'])
  })
})

test('it has the name of the function, and `this` is that of the last call', async () => {
  const form = {
    text: 'draft',
    save: debounce(function save(this: { text: string }) {
      return this.text
    }, 0),
  }
  assert.equal(form.save.name, 'save')
  assert.equal(await form.save(), 'draft')
})

test('wrong arguments are refused', () => {
  assert.throws(() => debounce('save' as never, 10), /expected a function, got "save"/)
  assert.throws(() => debounce(() => 1, NaN), /debounce\(fn, quiet\)/)
})

test('each burst runs once at most, with its last arguments, whoever is killed', async () => {
  const body = function* (): Coroutine<void> {
    const runs: number[] = []
    let last = 0
    const save = debounce(function* (value: number) {
      yield* sleep(1)
      runs.push(value)
    }, 3)
    const caller = function* (): Coroutine<void> {
      for (let call = 0; call < 3; call++) {
        save(++last)
        yield* sleep(1)
      }
    }
    yield* joinAll([spawn(caller), spawn(caller)])
    const burst = save(++last)
    yield* burst.join()
    if (burst.successful && burst.value === undefined) assert.equal(runs.at(-1), last)
    assert.deepEqual(
      runs,
      [...new Set(runs)].sort((a, b) => a - b),
    )
  }
  await explore(() => shield(body), { schedules: 100, cancel: true })
})
