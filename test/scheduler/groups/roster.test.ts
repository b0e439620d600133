import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Event, Group, Pool, run, scope, spawn, type Greenlet } from 'gvent'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void

/** How many are there at a time. */
const crowd = 50

/** The bytes of objects that have lived through two collections. */
function oldBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')!.space_used_size
}

// One function for all: the engine keeps each generator function that has run, with all that it sees, until it collects what is old.
function* stay(leave: Event, load: number[]) {
  yield* leave.wait()
  return load
}

/**
 * Has greenlets with nearly a kilobyte each come and go one by one, fifty at a time, and collects only what is young.
 * @returns how many bytes have become old.
 */
function* bytesKept(come: (leave: Event, load: number[]) => Greenlet) {
  const present: [Greenlet, Event][] = []
  const pass = function* () {
    for (let index = 0; index < 10 * crowd; index++) {
      const leave = new Event()
      present.push([come(leave, new Array<number>(100).fill(index)), leave])
      if (present.length <= crowd) continue
      const [first, go] = present.shift()!
      go.set()
      yield* first.join()
    }
  }
  // What they go through is old by the time that most of them come.
  yield* pass()
  collect()
  collect()
  const before = oldBytes()
  for (let round = 0; round < 20; round++) {
    yield* pass()
    collect({ type: 'minor' })
  }
  const kept = oldBytes() - before
  for (const [, leave] of present) leave.set()
  return kept
}

/** What the loads of all would be. Collections of young objects leave half of that, whatever the greenlets go through. */
const enough = 20 * 10 * crowd * 800

for (const make of [() => new Group(), () => new Pool(1000)]) {
  test(`a ${make().constructor.name} that is never empty does not keep those who have left it`, async () => {
    const kept = await run(function* () {
      const group = make()
      const bytes = yield* bytesKept((leave, load) => {
        const greenlet = spawn(stay, leave, load)
        spawn(() => group.add(greenlet))
        return greenlet
      })
      yield* group.join()
      return bytes
    })
    assert.ok(kept < enough, `${kept} bytes`)
  })
}

test('a scope that is never empty does not keep those who have left it', async () => {
  const kept = await run(() => scope((children) => bytesKept((leave, load) => children.spawn(stay, leave, load))))
  assert.ok(kept < enough, `${kept} bytes`)
})

test('greenlets by themselves are not kept', async () => {
  const kept = await run(() => bytesKept((leave, load) => spawn(stay, leave, load)))
  assert.ok(kept < enough, `${kept} bytes`)
})
