import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import {
  Greenlet,
  GreenletExit,
  Queue,
  Timeout,
  getCurrent,
  getHub,
  green,
  sleep,
  spawn,
  type Coroutine,
} from 'gvent/scheduler'
import { reasonOf } from '../reason-of.js'
import { installVirtualHost, quiet } from '../kernel/virtual-host.js'

const host = installVirtualHost()

function stand(greenlet: Greenlet) {
  const { state, started, dead, successful, value, error } = greenlet
  return { state, started, dead, successful, value, error }
}
const unfinished = { dead: false, successful: false, value: undefined, error: undefined }

test('state, started, dead, successful, value and error at every stage of a success', async () => {
  const greenlet = new Greenlet<string>(function* () {
    assert.deepEqual(stand(greenlet), { state: 'running', started: true, ...unfinished })
    yield
    yield* sleep(1)
    return 'done'
  })
  assert.deepEqual(stand(greenlet), { state: 'created', started: false, ...unfinished })
  greenlet.start()
  assert.deepEqual(stand(greenlet), { state: 'ready', started: true, ...unfinished })
  await quiet()
  assert.deepEqual(stand(greenlet), { state: 'waiting', started: true, ...unfinished })
  await host.advance(1)
  assert.deepEqual(stand(greenlet), {
    state: 'ended',
    started: false,
    dead: true,
    successful: true,
    value: 'done',
    error: undefined,
  })
})

test('the stages of a failure', async () => {
  const error = new Error('failed')
  const greenlet = spawn(function* () {
    yield
    throw error
  })
  await assert.rejects(Promise.resolve(greenlet), error)
  assert.deepEqual(stand(greenlet), {
    state: 'ended',
    started: false,
    dead: true,
    successful: false,
    value: undefined,
    error,
  })
})

test('a greenlet may end with any value thrown, undefined too', async () => {
  for (const thrown of [undefined, null, 0, 'text', Symbol('s'), {}]) {
    const greenlet = spawn(function* () {
      yield
      throw thrown
    })
    const caught = await reasonOf(greenlet)
    assert.equal(caught, thrown)
    assert.equal(greenlet.successful, false)
  }
})

test('a GreenletExit that the body raises is a success with that value, and a kill for those who wait', async () => {
  const exit = new GreenletExit('enough')
  const greenlet = spawn(function* () {
    yield
    throw exit
  })
  assert.deepEqual(
    [((await reasonOf(greenlet)) as { code?: unknown }).code, greenlet.successful],
    ['GVENT_KILLED', true],
  )
  assert.equal(greenlet.value, exit)
})

test('starting twice, or after the end, does nothing', async () => {
  let runs = 0
  const greenlet = new Greenlet<number>(() => ++runs)
  assert.equal(greenlet.start(), greenlet)
  greenlet.start()
  assert.equal(await greenlet, 1)
  greenlet.start()
  await quiet()
  assert.equal(runs, 1)
  assert.equal(getHub().alive, 0)
})

test('a subclass runs its method *run(), and has fields of its own', async () => {
  class Fetch extends Greenlet<string> {
    constructor(readonly url: string) {
      super()
    }
    override *run() {
      yield* sleep(1)
      return `got ${this.url}`
    }
  }
  const greenlet = new Fetch('/index').start()
  assert.equal(greenlet.name, 'Fetch')
  assert.match(String(greenlet), /^<Greenlet #\d+ "Fetch"/)
  await host.advance(1)
  assert.equal(await greenlet, 'got /index')
})

test('a subclass may override kill and add to its behaviour', async () => {
  const log: string[] = []
  class Loud extends Greenlet {
    override *run() {
      yield* sleep(Infinity)
    }
    override kill(...args: Parameters<Greenlet['kill']>) {
      log.push('killing')
      return super.kill(...args)
    }
  }
  const greenlet = new Loud().start()
  await quiet()
  await greenlet.kill()
  assert.deepEqual(log, ['killing'])
})

test('new Greenlet() without a function or a method says so', () => {
  assert.throws(() => new Greenlet(), { name: 'TypeError', message: /write spawn\(fn/ })
  assert.throws(() => new Greenlet(5 as never), { name: 'TypeError', message: /got 5/ })
})

test('a greenlet is named after its function until it is given a name', async () => {
  const named = spawn(function* worker() {})
  assert.equal(named.name, 'worker')
  assert.equal(spawn(green(function* painter() {})).name, 'painter')
  named.name = 'worker 7'
  assert.equal(named.name, 'worker 7')
  await named
  assert.equal(named.name, 'worker 7')
  const anonymous = spawn(() => undefined)
  assert.match(anonymous.name, /^Greenlet-\d+$/)
  assert.ok(anonymous.name.endsWith(String(anonymous.id)))
  await anonymous
  assert.ok(anonymous.name.endsWith(String(anonymous.id)))
})

test('a function whose name is not a text, or cannot be read, still runs', async () => {
  const odd = Object.defineProperty(() => 'odd', 'name', { value: Symbol('odd') })
  const trap = new Proxy(() => 'trap', {
    get: () => {
      throw new Error('no name')
    },
  })
  for (const fn of [odd, trap]) {
    const greenlet = spawn(fn)
    assert.equal(await greenlet, fn === odd ? 'odd' : 'trap')
    assert.match(greenlet.name, /^Greenlet-/)
  }
})

test('ids are different and grow', () => {
  const ids = [1, 2, 3].map(() => new Greenlet(() => undefined).id)
  assert.ok(ids[0]! < ids[1]! && ids[1]! < ids[2]!)
})

test('the parent is the greenlet that spawned it', async () => {
  const outer: Greenlet = spawn(function* () {
    const inner = spawn(function* () {
      yield
      return getCurrent()
    })
    assert.equal(inner.parent, outer)
    assert.equal(yield* inner, inner)
  })
  assert.equal(outer.parent, undefined)
  await outer
  assert.equal(getCurrent(), undefined)
})

test('spawnedAt names the place of the spawn and nothing of the library', async () => {
  const spawnHere = () => spawn(function* () {})
  const { spawnedAt } = spawnHere()
  const [first] = spawnedAt.split('\n')
  assert.match(first!, /^ {4}at spawnHere \(.*greenlet\.test\.[jt]s:\d+:\d+\)$/)
  assert.doesNotMatch(spawnedAt, /(dist|src)\/scheduler\//)
  await quiet()
})

test('get, join and the greenlet itself can be waited for by many, inside and outside', async () => {
  const value = { the: 'value' }
  const greenlet = spawn(function* () {
    yield* sleep(5)
    return value
  })
  const inside = [1, 2, 3].map(() =>
    spawn(function* (): Coroutine<unknown[]> {
      return [yield* greenlet, yield* greenlet.get(), yield* greenlet.join(), yield greenlet]
    }),
  )
  const outside = [greenlet.then((got) => got), greenlet.get(), greenlet.join()]
  await host.advance(5)
  for (const waiter of inside) assert.deepEqual(await waiter, [value, value, true, value])
  assert.deepEqual(await Promise.all(outside), [value, value, true])
})

test('joiners are woken in the order in which they came', async () => {
  const log: number[] = []
  const greenlet = spawn(() => sleep(1))
  for (let index = 0; index < 10; index++) {
    spawn(function* () {
      if (index % 2 === 0) yield* greenlet
      else yield* greenlet.join()
      log.push(index)
    })
  }
  await host.advance(1)
  assert.deepEqual(log, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('a failed greenlet gives the same error object to everybody, as often as asked', async () => {
  const error = new Error('failed')
  const greenlet = spawn(function* () {
    yield
    throw error
  })
  const read = () => reasonOf(greenlet.get())
  const early = [read(), read()]
  for (const reason of await Promise.all(early)) assert.equal(reason, error)
  for (let time = 0; time < 5; time++) assert.equal(await read(), error)
  await spawn(function* () {
    for (let time = 0; time < 5; time++) {
      try {
        yield* greenlet
        assert.fail('nothing was raised')
      } catch (caught) {
        assert.equal(caught, error)
      }
    }
  })
  assert.equal(await greenlet.join(), true)
})

test('get of a greenlet that never started waits until it is started', async () => {
  const greenlet = new Greenlet<number>(() => 7)
  const got = spawn(() => greenlet.get())
  await quiet()
  assert.equal(got.state, 'waiting')
  greenlet.start()
  assert.equal(await got, 7)
})

test('a time limit: get raises the Timeout, join gives false, and the greenlet goes on', async () => {
  const greenlet = spawn(function* () {
    yield* sleep(10)
    return 'late'
  })
  const caught = spawn(function* () {
    try {
      return yield* greenlet.get({ timeout: 3 })
    } catch (error) {
      return error
    }
  })
  const joined = spawn(() => greenlet.join({ timeout: 3 }))
  const outside = reasonOf(greenlet.get({ timeout: 3 }))
  await host.advance(3)
  for (const error of [await caught, await outside]) {
    assert.ok(error instanceof Timeout)
    assert.equal(error.message, 'timed out after 3 ms')
    assert.equal(error.milliseconds, 3)
  }
  assert.equal(await joined, false)
  await host.advance(7)
  assert.equal(await greenlet.get({ timeout: 0 }), 'late')
  assert.equal(await greenlet.join({ timeout: 0 }), true)
})

test('disposing of a greenlet kills it and waits for its cleanup', async () => {
  const log: string[] = []
  const dispose = async () => {
    await using greenlet = spawn(function* () {
      try {
        yield* sleep(Infinity)
      } finally {
        yield* sleep(2)
        log.push('cleaned')
      }
    })
    await quiet()
    log.push(greenlet.state)
  }
  const disposed = dispose().then(() => log.push('left'))
  await host.advance(2)
  await disposed
  assert.deepEqual(log, ['waiting', 'cleaned', 'left'])
})

test('console.log shows what it waits for, for how long, and where it was spawned', async () => {
  const jobs = new Queue<number>(Infinity, { name: 'jobs' })
  const greenlet = spawn(function* worker() {
    yield* jobs.get()
  })
  await sleep(0)
  const form =
    /^<Greenlet #\d+ "worker" waiting for Queue "jobs"\.get for \d+\.\d s, spawned at greenlet\.test\.[jt]s:\d+>$/
  assert.match(inspect(greenlet), form)
  await greenlet.kill()
  assert.match(inspect(greenlet), /^<Greenlet #\d+ "worker" ended, spawned at greenlet\.test\.[jt]s:\d+>$/)
  assert.equal(inspect(jobs.get()), '<Queue "jobs".get>')
})
