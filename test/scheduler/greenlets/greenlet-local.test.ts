import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { GreenletLocal, green, sleep, spawn } from 'gvent/scheduler'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

for (const inherit of [false, true]) {
  test(`each greenlet has a value of its own, over every wait (inherit: ${inherit})`, async () => {
    const local = new GreenletLocal<number>({ inherit })
    const seen: unknown[] = []
    const greenlets = [1, 2, 3].map((number) =>
      spawn(function* () {
        assert.equal(local.get(), undefined)
        local.set(number)
        yield
        yield* sleep(1)
        seen.push(local.get())
        assert.equal(local.delete(), true)
        assert.equal(local.delete(), false)
        assert.equal(local.has(), false)
      }),
    )
    await host.advance(1)
    for (const greenlet of greenlets) await greenlet
    assert.deepEqual(seen, [1, 2, 3])
    assert.equal(local.get(), undefined)
  })

  test(`code outside of greenlets has a value of its own (inherit: ${inherit})`, async () => {
    const local = new GreenletLocal<string>({ inherit })
    local.set('outside')
    const inside = await spawn(() => local.get())
    assert.equal(inside, inherit ? 'outside' : undefined)
    await spawn(() => {
      local.set('inside')
    })
    assert.equal(local.get(), 'outside')
    local.delete()
    assert.equal(local.has(), false)
  })

  test(`with() sets a value for the time of the work, and goes back to the one before (inherit: ${inherit})`, async () => {
    const local = new GreenletLocal<string>({ inherit })
    const read = green(function* read() {
      yield* sleep(1)
      return local.get()
    })
    const greenlet = spawn(function* () {
      const seen = [yield* local.with('first', read())]
      seen.push(local.get())
      local.set('own')
      seen.push(yield* local.with('second', () => local.get()))
      seen.push(local.get())
      try {
        yield* local.with('third', function* () {
          yield
          seen.push(local.get())
          throw new Error('left')
        })
      } catch {
        seen.push(local.get())
      }
      return seen
    })
    await host.advance(1)
    assert.deepEqual(await greenlet, ['first', undefined, 'second', 'own', 'third', 'own'])
  })
}

test('a greenlet inherits the value that its spawner had when it spawned it, and no later one', async () => {
  const user = new GreenletLocal<string>({ inherit: true })
  const other = new GreenletLocal<string>({ inherit: true })
  const seen = await spawn(function* () {
    user.set('ann')
    const early = spawn(function* () {
      yield* sleep(1)
      return [user.get(), yield* spawn(() => user.get()), other.get()]
    })
    user.set('bob')
    other.set('other')
    const late = spawn(function* () {
      const before = user.get()
      user.set('eve')
      yield
      return [before, user.get()]
    })
    yield* late
    yield
    void host.advance(1)
    return [user.get(), ...(yield* early), ...(yield* late)]
  })
  assert.deepEqual(seen, ['bob', 'ann', 'ann', undefined, 'bob', 'eve'])
})

test('one that is not inherited is not', async () => {
  const local = new GreenletLocal<string>()
  await spawn(function* () {
    local.set('mine')
    assert.equal(yield* spawn(() => local.get()), undefined)
  })
})

test('initial makes a value for each greenlet that asks, once', async () => {
  let made = 0
  const local = new GreenletLocal<number[], never>({ initial: () => [++made] })
  for (let count = 1; count <= 2; count++) {
    await spawn(function* () {
      assert.equal(local.has(), false)
      local.get().push(0)
      yield
      assert.deepEqual(local.get(), [count, 0])
    })
  }
  assert.equal(made, 2)
})

test('a value goes when its greenlet ends, whoever still refers to that', async () => {
  const collectGarbage = (globalThis as { gc?: () => void }).gc
  assert.ok(collectGarbage, 'run with --expose-gc')
  const [plain, inherited] = [new GreenletLocal<object>(), new GreenletLocal<object>({ inherit: true })]
  const references: WeakRef<object>[] = []
  const keep = spawn(function* () {
    const value = {}
    inherited.set(value)
    references.push(new WeakRef(value))
    yield
  })
  const keepToo = spawn(() => {
    const value = {}
    plain.set(value)
    references.push(new WeakRef(value))
  })
  await quiet()
  // deref() itself keeps an object until the end of the job, so it is not asked in between.
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage()
    await quiet()
  }
  assert.deepEqual(
    references.map((reference) => reference.deref()),
    [undefined, undefined],
  )
  assert.deepEqual([keep.dead, keepToo.dead], [true, true])
})

test('a value goes with its GreenletLocal, while the greenlet lives on', async () => {
  const collectGarbage = (globalThis as { gc?: () => void }).gc
  let reference: WeakRef<object> | undefined
  const setForAMoment = (): void => {
    const value = {}
    new GreenletLocal<object>().set(value)
    reference = new WeakRef(value)
  }
  const greenlet = spawn(function* () {
    setForAMoment()
    yield* sleep(Infinity)
  })
  await quiet()
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage!()
    await quiet()
  }
  assert.equal(reference!.deref(), undefined)
  await greenlet.kill()
})

test('it shows its name and its value; wrong options are refused', () => {
  const local = new GreenletLocal<string>({ name: 'user' })
  assert.equal(inspect(local), '<GreenletLocal "user" no value>')
  local.set('ann')
  assert.equal(inspect(local), '<GreenletLocal "user" value "ann">')
  local.delete()
  assert.throws(() => new GreenletLocal({ initial: 5 as never }), {
    name: 'TypeError',
    message: /expected a function, got 5; write \{ initial: \(\) => value \}/,
  })
  assert.throws(() => new GreenletLocal('user' as never), TypeError)
})
