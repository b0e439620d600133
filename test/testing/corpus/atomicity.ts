import assert from 'node:assert/strict'
import { Event, Lock, Queue, Semaphore, joinAll, sleep, spawn, type Coroutine } from 'gvent'
import { caseOf, type Case } from './case.js'

/** A balance that is read and written over a wait. */
function* transfers(isLocked: boolean): Coroutine<void> {
  const lock = new Lock({ name: 'account' })
  const log = new Semaphore(1, { name: 'log' })
  let balance = 100
  const deposit = function* (amount: number): Coroutine<void> {
    using _permit = isLocked ? yield* lock.acquire() : undefined
    const before = balance
    using _line = yield* log.acquire()
    balance = before + amount
  }
  yield* joinAll([spawn(deposit, 10), spawn(deposit, 20), spawn(deposit, 30)])
  assert.equal(balance, 160)
}

/** A cache that is filled by whoever finds it empty. */
function* caching(isOnce: boolean): Coroutine<void> {
  const cache = new Map<string, unknown>()
  const connections = new Semaphore(2)
  let loads = 0
  const load = function* (): Coroutine<string> {
    loads++
    using _permit = yield* connections.acquire()
    return 'value'
  }
  const get = function* (key: string): Coroutine<unknown> {
    if (isOnce) {
      if (!cache.has(key)) cache.set(key, spawn(load))
      return yield cache.get(key)
    }
    if (!cache.has(key)) cache.set(key, yield* load())
    return cache.get(key)
  }
  yield* joinAll([spawn(get, 'a'), spawn(get, 'a'), spawn(get, 'b')])
  assert.equal(loads, 2)
}

/** A slot that is free again may hold somebody else's item: comparing it with what was there before tells nothing. */
function* aba(hasVersions: boolean): Coroutine<void> {
  interface Node {
    readonly name: string
    next: Node | null
  }
  const bottom: Node = { name: 'bottom', next: null }
  const middle: Node = { name: 'middle', next: bottom }
  const top: Node = { name: 'top', next: middle }
  const stack = { head: top as Node | null, version: 0 }
  const pause = new Event()
  pause.set()
  const swap = (expected: Node | null, version: number, head: Node | null): boolean => {
    if (stack.head !== expected || (hasVersions && stack.version !== version)) return false
    stack.head = head
    stack.version++
    return true
  }
  const popped: string[] = []
  const pop = function* (): Coroutine<Node> {
    for (;;) {
      const { head, version } = stack
      assert.ok(head !== null, 'popped from an empty stack')
      const { next } = head
      yield* pause.wait()
      if (swap(head, version, next)) return head
    }
  }
  const taker = function* (): Coroutine<void> {
    popped.push((yield* pop()).name)
  }
  const recycler = function* (): Coroutine<void> {
    const first = yield* pop()
    popped.push((yield* pop()).name)
    first.next = stack.head
    stack.head = first
    stack.version++
  }
  yield* joinAll([spawn(taker), spawn(recycler)])
  for (let node = stack.head; node !== null; node = node.next) popped.push(node.name)
  assert.deepEqual(popped.sort(), ['bottom', 'middle', 'top'])
}

/** Two fields that belong together, read one after the other. */
function* tornRead(isLocked: boolean): Coroutine<void> {
  const lock = new Lock()
  const gate = new Event()
  gate.set()
  const range = { low: 0, high: 10 }
  const move = function* (): Coroutine<void> {
    using _permit = isLocked ? yield* lock.acquire() : undefined
    range.low = 20
    yield* gate.wait()
    range.high = 30
  }
  const read = function* (): Coroutine<void> {
    using _permit = isLocked ? yield* lock.acquire() : undefined
    const { low } = range
    yield* gate.wait()
    assert.ok(low <= range.high, `${low} > ${range.high}`)
    assert.ok(range.high - low <= 10, `${low} to ${range.high}`)
  }
  yield* joinAll([spawn(move), spawn(read)])
}

/** Something is announced before it is there. */
function* earlyPublication(isLate: boolean): Coroutine<void> {
  const ready = new Queue<string>()
  const table = new Map<string, number>()
  const produce = function* (): Coroutine<void> {
    for (const key of ['a', 'b']) {
      if (isLate) table.set(key, 1)
      yield* ready.put(key)
      table.set(key, 1)
    }
  }
  const consume = function* (): Coroutine<void> {
    for (let count = 0; count < 2; count++) assert.equal(table.get(yield* ready.get()), 1)
  }
  yield* joinAll([spawn(consume), spawn(produce)])
}

/** One greenlet has a single step to make while another makes many: hardly any random order puts it in the middle. */
function* needleInHaystack(isGuarded: boolean): Coroutine<void> {
  let phase = 0
  let seen = -1
  const walk = function* (): Coroutine<void> {
    for (; phase < 24; phase++) yield
  }
  const look = function* (): Coroutine<void> {
    yield
    seen = phase
  }
  const [walker] = [spawn(walk), spawn(look)]
  yield* walker
  yield* sleep(1)
  if (!isGuarded) assert.notEqual(seen, 23)
}

/** Two writers and a reader: three switches have to fall in the right places. */
function* threeInARow(isLocked: boolean): Coroutine<void> {
  const lock = new Lock()
  const slot = new Semaphore(3)
  let state = 0
  const step = function* (from: number, to: number): Coroutine<void> {
    using _permit = isLocked ? yield* lock.acquire() : undefined
    const before = state
    using _slot = yield* slot.acquire()
    if (before === from) state = to
  }
  const seen: number[] = []
  const watch = function* (): Coroutine<void> {
    for (let look = 0; look < 2; look++) {
      using _permit = isLocked ? yield* lock.acquire() : undefined
      seen.push(state)
      using _slot = yield* slot.acquire()
    }
  }
  yield* joinAll([spawn(step, 0, 1), spawn(step, 0, 2), spawn(watch)])
  assert.notDeepEqual(seen, [1, 2])
}

export const atomicity: Case[] = [
  caseOf('lost update', 'error', transfers),
  caseOf('check then act', 'error', caching),
  caseOf('ABA', 'error', aba),
  caseOf('torn read', 'error', tornRead),
  caseOf('published too early', 'error', earlyPublication),
  caseOf('one step among many', 'error', needleInHaystack),
  caseOf('three in a row', 'error', threeInARow),
]
