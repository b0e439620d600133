import assert from 'node:assert/strict'
import { Session, type Profiler } from 'node:inspector'
import { test } from 'node:test'
import { Semaphore, joinAll, spawn } from 'gvent'

/** Counts the calls of the library's functions between two moments; accessors are left out. */
class CallCounter {
  private readonly session = new Session()

  constructor() {
    this.session.connect()
    this.session.post('Profiler.enable')
    this.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  }

  /** What was called since the last time, a name for each call. */
  take(): string[] {
    let scripts: Profiler.ScriptCoverage[] = []
    // An inspector of the same thread answers at once.
    this.session.post('Profiler.takePreciseCoverage', (_error, { result }) => (scripts = result))
    return scripts
      .filter(({ url }) => url.includes('/dist/'))
      .flatMap(({ functions }) =>
        functions.flatMap(({ functionName, ranges }) => Array<string>(ranges[0]!.count).fill(functionName)),
      )
      .filter((name) => !/^[gs]et /.test(name))
  }

  stop(): void {
    this.session.disconnect()
  }
}

/** A permit is acquired, handed over by a release, and lost by a kill before the greenlet has it. */
async function loseOne(counter?: CallCounter): Promise<{ parked: string[]; handedOver: string[]; lost: string[] }> {
  const semaphore = new Semaphore(0)
  const taken = { parked: [] as string[], handedOver: [] as string[], lost: [] as string[] }
  const waiting = spawn(function* () {
    counter?.take()
    yield* semaphore.acquire()
  })
  const releasing = spawn(() => {
    // The start of this greenlet, and the notes on forgotten waits, are among them.
    taken.parked = counter?.take() ?? []
    semaphore.release()
    taken.handedOver = counter?.take() ?? []
    waiting.kill()
    taken.lost = counter?.take() ?? []
  })
  await joinAll([waiting, releasing])
  assert.equal(semaphore.value, 1)
  return taken
}

test('a permit is handed over in 13 calls, and a kill gives it back in 29, with the stack of the exit', async () => {
  await loseOne()
  const counter = new CallCounter()
  try {
    const { parked, handedOver, lost } = await loseOne(counter)
    assert.ok(handedOver.includes('release') && lost.includes('undoWait'))
    assert.ok(handedOver.length <= 13, handedOver.join(' '))
    assert.ok(parked.includes('beginWait') && parked.length <= 46, parked.join(' '))
    assert.ok(lost.length <= 29, lost.join(' '))
  } finally {
    counter.stop()
  }
})
