import assert from 'node:assert/strict'
import { getEventListeners, type EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { Event, race, spawn, type Coroutine, type Greenlet, type Operation, type WaitOptions } from 'gvent'
import { scenes, streamScenes, type Scene } from './fault-scenes.js'
import { greenTest, turns } from './green-test.js'
import { tcp, tls, unix, type Medium } from './net/stream-pairs.js'

/*
 * Everything that can happen to a wait on the network, at every such wait: the right error for whoever waits, and
 * nothing left behind, neither a descriptor nor a greenlet nor a listener. What is right stands in the guide.
 */
const page = readFileSync(new URL('../../../docs/servers.md', import.meta.url), 'utf8')
const [head, , ...rows] = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )
const faultNames = head!.slice(1)

/** Has a greenlet wait, and something happen to it. */
type Fault = (scene: Scene) => Coroutine<Greenlet>

const faults: Record<string, Fault> = {
  *kill(scene) {
    const waiter = yield* waiting(scene)
    waiter.kill()
    return waiter
  },

  *timeout(scene) {
    return yield* waiting(scene, { timeout: 5 })
  },

  *abort(scene) {
    const controller = new AbortController()
    const waiter = yield* waiting(scene, { signal: controller.signal })
    controller.abort('its reason')
    assert.deepEqual(getEventListeners(controller.signal, 'abort'), [])
    return waiter
  },

  *'closed here'(scene) {
    const waiter = yield* waiting(scene)
    scene.close!()
    return waiter
  },

  *'peer ends'(scene) {
    const waiter = yield* waiting(scene)
    yield* (yield* scene.peer!()).shutdown()
    return waiter
  },

  *'peer closes'(scene) {
    const waiter = yield* waiting(scene)
    yield* (yield* scene.peer!()).close()
    return waiter
  },

  *'peer resets'(scene) {
    const waiter = yield* waiting(scene)
    yield* (yield* scene.peer!()).reset()
    return waiter
  },
}

/** Those after which it must be as if nobody had waited. */
const givenUp = ['kill', 'timeout', 'abort']

function tryAll(row: string[], medium: Medium | undefined, open: () => Coroutine<Scene>): void {
  const [wait, ...ends] = row
  const where = medium === undefined ? '' : `${medium.name}: `
  for (const [index, name] of faultNames.entries()) {
    if (ends[index] === '—') continue
    // Over a Unix socket a reset cannot be told from a close, unless there is something to send.
    const isMute = name === 'peer resets' && medium?.tellsOfReset === false
    const expected = ends[isMute ? index - 1 : index]!.replaceAll('`', '')
    greenTest(`${where}${wait}; ${name}: ${expected}`, function* () {
      const scene = yield* open()
      const listeners = scene.emitters.map(countListeners)
      try {
        const waiter = yield* faults[name]!(scene)
        if (expected === 'goes on') yield* turns()
        else yield* waiter.join({ timeout: 20_000 })
        assert.equal(endOf(waiter), expected)
        if (!givenUp.includes(name)) return
        assert.deepEqual(scene.emitters.map(countListeners), listeners)
        yield* scene.again?.() ?? turns()
      } finally {
        yield* scene.leave()
      }
    })
  }
  greenTest(`${where}${wait}; a race that it loses leaves nothing`, function* () {
    const scene = yield* open()
    const other = new Event()
    const waiter = spawn(() => race([scene.wait(), other.wait()]))
    yield* turns()
    other.set()
    assert.equal(yield* waiter, true)
    yield* scene.again?.() ?? turns()
    yield* scene.leave()
  })
}

for (const row of rows) {
  const [wait] = row
  const open = scenes[wait!]
  const openStream = streamScenes[wait!]
  if (open !== undefined) tryAll(row, undefined, open)
  else if (openStream === undefined) assert.fail(`the guide speaks of a wait that no scene shows: ${wait}`)
  else for (const medium of [tcp, unix, tls]) tryAll(row, medium, () => openStream(medium))
}

/** Has a greenlet wait, until it is deep in it. */
function* waiting(scene: Scene, options?: WaitOptions): Coroutine<Greenlet> {
  const waiter = spawn((): Operation<unknown> => scene.wait(options))
  waiter.linkError(() => undefined)
  yield* turns()
  return waiter
}

function endOf({ dead, value, error }: Greenlet): string {
  if (!dead) return 'goes on'
  const end = error ?? value
  return end instanceof Error ? end.name : String(end)
}

function countListeners(emitter: EventEmitter): Record<string, number> {
  return Object.fromEntries(emitter.eventNames().map((event) => [String(event), emitter.listenerCount(event)]))
}
