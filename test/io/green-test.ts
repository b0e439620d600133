import assert from 'node:assert/strict'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestOptions } from 'node:test'
import { getHub, idle, run, sleep, spawn, type Coroutine, type Greenlet, type Operation, type Returned } from 'gvent'

const folder = '/proc/self/fd'

// Bun opens each when it is first looked at, which a stream that is piped does.
for (const stream of [process.stdout, process.stderr]) assert.ok(stream.writable)

/** The descriptors that this process has open, as far as the platform says, and what each is. */
function listDescriptors(): string[] {
  if (existsSync(folder)) return readdirSync(folder).map((name) => `${name} ${targetOf(join(folder, name))}`)
  return process.getActiveResourcesInfo().filter((name) => name.endsWith('Wrap'))
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    // That by which the folder was read is gone by now.
    return ''
  }
}

/** The sockets among the descriptors that were not there before. */
function newSockets(before: string[]): string[] {
  return listDescriptors().filter((name) => /socket|pipe|Wrap/.test(name) && !before.includes(name))
}

/**
 * A test that runs in a greenlet. When it is done no greenlet and no descriptor of its own may be left; those that are
 * still closing get a second.
 */
export function greenTest(name: string, body: () => Coroutine<unknown>, options: TestOptions = {}): void {
  void test(name, options, async () => {
    const before = listDescriptors()
    const { alive } = getHub()
    await run(body)
    for (let turn = 0; turn < 1000 && (newSockets(before).length > 0 || getHub().alive > alive); turn++) await sleep(1)
    assert.deepEqual(newSockets(before), [], 'descriptors are left')
    // Those of a test that failed before may have ended meanwhile.
    assert.ok(getHub().alive <= alive, `${getHub().alive - alive} greenlets are left`)
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
