import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { getHub, idle, run, spawn, type Coroutine, type Greenlet, type Operation, type Returned } from 'gvent'

/** How many descriptors of this process are open, as far as the platform says. */
function countDescriptors(): number {
  const folder = '/proc/self/fd'
  if (existsSync(folder)) return readdirSync(folder).length
  return process.getActiveResourcesInfo().filter((name) => name.endsWith('Wrap')).length
}

/**
 * A test that runs in a greenlet. When it is done no greenlet and no descriptor of its own may be left; those that are
 * still closing get some turns of the loop.
 */
export function greenTest(name: string, body: () => Coroutine<unknown>): void {
  void test(name, async () => {
    const descriptors = countDescriptors()
    const { alive } = getHub()
    await run(body)
    for (let turn = 0; turn < 100 && (countDescriptors() > descriptors || getHub().alive > alive); turn++) await idle()
    assert.equal(getHub().alive - alive, 0, 'greenlets are left')
    assert.equal(countDescriptors() - descriptors, 0, 'descriptors are left')
  })
}

/** Spawns a greenlet whose error, if it ends with one, is looked at later and need not be reported. */
export function start<R>(fn: () => R): Greenlet<Returned<R>> {
  const greenlet = spawn(fn)
  greenlet.linkError(() => undefined)
  return greenlet
}

/** What an operation or a greenlet raises. */
export function* raised(work: Operation<unknown>): Coroutine<unknown> {
  try {
    yield* work
  } catch (error) {
    return error
  }
  return assert.fail('nothing was raised')
}

/** Waits for some turns of the loop, in which everything that is under way on this machine happens. */
export function* turns(): Coroutine<void> {
  for (let turn = 0; turn < 10; turn++) yield* idle()
}
