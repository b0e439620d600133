import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Session, type Profiler } from 'node:inspector'
import { SourceMap } from 'node:module'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Semaphore } from 'gvent'

// As in a program: the report on forgotten waits, which is on under test runners, has each call make an operation of its own.
process.env['GVENT_FORGOTTEN'] = '0'
const gvent = await import('gvent')
const { spawn } = gvent

/** A function of the library that was called. */
interface Called {
  readonly name: string
  /** The module that it is written in, in src. */
  readonly file: string
}

/**
 * Notes which functions of the scheduler are called between two moments. Accessors are left out, as the reading of a
 * field, and functions without a statement, which are hooks for others.
 */
class CalledFunctions {
  private readonly session = new Session()
  private readonly bundles = new Map<string, Bundle>()

  constructor() {
    this.session.connect()
    this.session.post('Profiler.enable')
    this.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  }

  /** What was called since the last time, each function once. */
  take(): Called[] {
    let scripts: Profiler.ScriptCoverage[] = []
    // An inspector of the same thread answers at once.
    this.session.post('Profiler.takePreciseCoverage', (_error, { result }) => (scripts = result))
    return (
      scripts
        .filter(({ url }) => url.includes('/dist/'))
        .flatMap(({ url, functions }) => {
          const bundle = this.bundles.get(url) ?? new Bundle(fileURLToPath(url))
          this.bundles.set(url, bundle)
          return functions
            .filter(({ ranges: [range], functionName }) => range!.count > 0 && !/^[gs]et /.test(functionName))
            .filter(({ ranges: [range] }) => !bundle.isEmpty(range!))
            .map(({ ranges: [range], functionName }) => ({
              name: functionName.replace(/\$\d+$/, ''),
              file: bundle.moduleAt(range!.startOffset),
            }))
        })
        // The report on forgotten waits is on while tests run.
        .filter(({ file }) => file.startsWith('src/scheduler/') && !file.startsWith('src/scheduler/reports/'))
    )
  }

  stop(): void {
    this.session.disconnect()
  }
}

/** A file that Node has loaded, and the modules it was made of. */
class Bundle {
  private readonly text: string
  private readonly map: SourceMap

  constructor(path: string) {
    this.text = readFileSync(path, 'utf8')
    this.map = new SourceMap(
      JSON.parse(readFileSync(`${path}.map`, 'utf8')) as ConstructorParameters<typeof SourceMap>[0],
    )
  }

  moduleAt(offset: number): string {
    const before = this.text.slice(0, offset).split('\n')
    const entry = this.map.findEntry(before.length - 1, before.at(-1)!.length)
    // What the bundler writes itself is from nowhere.
    return 'originalSource' in entry
      ? entry.originalSource.replace(/^(?:\.\.\/)*(?:dist\/)?/, 'src/').replace(/\.js$/, '.ts')
      : ''
  }

  isEmpty({ startOffset, endOffset }: Profiler.CoverageRange): boolean {
    return /^[^{]*\{(?:\s|\/\/.*)*\}$/.test(this.text.slice(startOffset, endOffset))
  }
}

/** What was called while a permit is acquired, while it is handed over, and while it is lost. */
interface Way {
  readonly acquired: Called[]
  readonly handedOver: Called[]
  readonly lost: Called[]
}

/**
 * A greenlet acquires, another one releases, and kills the first before that has its permit. Without a semaphore the first
 * gives way, and is killed.
 */
function* loseOne(semaphore?: Semaphore, take: () => Called[] = () => []): Generator<undefined, Way> {
  const way: Way = { acquired: [], handedOver: [], lost: [] }
  const waiting = spawn(function* () {
    take()
    if (semaphore === undefined) yield
    else yield* semaphore.acquire()
  })
  const releasing = spawn(() => {
    way.acquired.push(...take())
    semaphore?.release()
    way.handedOver.push(...take())
    void waiting.kill()
    way.lost.push(...take())
  })
  while (!waiting.dead || !releasing.dead) yield
  return way
}

const titleOf = ({ name, file }: Called): string => `${file} ${name}`

test('a permit that is acquired, handed over and lost by a kill goes through 19 functions in 7 files', async () => {
  const called = new CalledFunctions()
  const semaphore = new gvent.Semaphore(0)
  try {
    const [others, way] = await spawn(function* (): Generator<unknown, readonly [Called[], Way]> {
      // By then what awaits this greenlet has begun.
      yield new Promise((resolve) => setImmediate(resolve))
      yield* loseOne(new gvent.Semaphore(0))
      called.take()
      // The hub takes more than one turn for them.
      for (let step = 0; step < 10_000; step++) yield
      yield* loseOne()
      return [called.take(), yield* loseOne(semaphore, () => called.take())] as const
    })
    assert.equal(semaphore.value, 1)
    // How the hub takes turns, and how greenlets begin, are woken, give way and are killed, is another way: that which they go
    // without a permit, too.
    const besides = new Set(others.map(titleOf))
    const { acquired, handedOver, lost } = way
    const hops = [...acquired, ...handedOver, ...lost].filter((each) => !besides.has(titleOf(each)))
    const titles = new Set(hops.map(titleOf))
    const text = Array.from(titles).join('\n')
    for (const name of ['acquire', 'begin', 'beginWait', 'park', 'serve', 'perform', 'settle', 'cancel', 'undoWait']) {
      assert.ok(
        hops.some((each) => each.name === name),
        `${name} is not on the way:\n${text}`,
      )
    }
    assert.ok(titles.size <= 19, text)
    assert.ok(new Set(hops.map(({ file }) => file)).size <= 7, text)
    // With all that any kill calls, the making of its error among it.
    const all = new Set([...titles, ...handedOver.map(titleOf), ...lost.map(titleOf)])
    assert.ok(all.size <= 36, Array.from(all).join('\n'))
  } finally {
    called.stop()
  }
})
