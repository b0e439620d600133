import { loadBuiltin } from '../load-builtin.js'

interface Inspector {
  readonly Session: { readonly prototype: { connect: (this: object) => void; disconnect: (this: object) => void } }
  readonly url: () => string | undefined
}

/** Taken once: a test may put timers of its own in their place. */
const { setTimeout } = globalThis

/** An inspector that is open for a shorter time than this, in milliseconds, is that of a look which asks for no names. */
const SHORT = 200
/** Milliseconds between two looks at whether the inspector is still open. */
const INTERVAL = 1000
/** Options with which Node is inspected or profiled from the start. */
const FROM_START = /(?:^|\s)--(?:inspect(?:-brk|-wait)?(?:=|\s|$)|cpu-prof(?:\s|$))/

/** Sessions of the library's own, which nobody looks into. */
const ownSessions = new WeakSet<object>()

/** Connects a session of the library's own, for which nothing is prepared. */
export function connectOwnSession(session: { connect(): void }): void {
  ownSessions.add(session)
  session.connect()
}

/**
 * Tells when the engine's debugger or profiler may look at this thread: Node was started so, its inspector is open, or
 * the program has connected a session of `node:inspector`, which it has to have imported by then. Nothing is different
 * before that.
 *
 * @param begin called when somebody may look. @param end called when nobody does any more.
 * @returns a function that looks again whether the program has imported `node:inspector`.
 */
export function onInspection(begin: () => void, end: () => void): () => void {
  const inspection = new Inspection(begin, end)
  if (isInspectedFromStart()) inspection.enter()
  // Node says so to itself when a signal has opened the inspector, an editor, or the program.
  process.on('internalMessage' as 'message', (message: unknown) => {
    if ((message as { cmd?: unknown } | null)?.cmd === 'NODE_DEBUG_ENABLED') inspection.expect()
  })
  inspection.watchSessions()
  return () => {
    inspection.watchSessions()
  }
}

function isInspectedFromStart(): boolean {
  const options = [...process.execArgv, process.env['NODE_OPTIONS']].join(' ')
  // Most programs have no option at all, and compile no regular expression for that.
  return options.includes('--') && FROM_START.test(options)
}

function moduleLoadList(): readonly string[] {
  return (process as unknown as { moduleLoadList?: readonly string[] }).moduleLoadList ?? []
}

/** Counts those who may look. */
class Inspection {
  private readonly sessions = new Set<object>()
  private entered = 0
  private isExpected = false
  private areSessionsWatched = false

  constructor(
    private readonly begin: () => void,
    private readonly end: () => void,
  ) {}

  enter(): void {
    if (++this.entered === 1) this.begin()
  }

  private leave(): void {
    if (--this.entered === 0) this.end()
  }

  /** Enters when the inspector stays open, and leaves when it is closed. */
  expect(): void {
    if (this.isExpected) return
    this.isExpected = true
    const { url } = loadBuiltin('node:inspector') as Inspector
    let isEntered = false
    const look = (): void => {
      if (url() === undefined) {
        this.isExpected = false
        if (isEntered) this.leave()
        return
      }
      if (!isEntered) this.enter()
      isEntered = true
      setTimeout(look, INTERVAL).unref()
    }
    setTimeout(look, SHORT).unref()
  }

  /** Has sessions in this thread counted while they are connected. To load their module takes a millisecond. */
  watchSessions(): void {
    if (this.areSessionsWatched || !moduleLoadList().includes('NativeModule inspector')) return
    this.areSessionsWatched = true
    const { sessions } = this
    const { Session, url } = loadBuiltin('node:inspector') as Inspector
    const { connect, disconnect } = Session.prototype
    const entered = (session: object): void => {
      if (ownSessions.has(session) || sessions.has(session)) return
      sessions.add(session)
      this.enter()
    }
    const left = (session: object): void => {
      if (sessions.delete(session)) this.leave()
    }
    Session.prototype.connect = function (this: object): void {
      connect.call(this)
      entered(this)
    }
    Session.prototype.disconnect = function (this: object): void {
      disconnect.call(this)
      left(this)
    }
    if (url() !== undefined) this.expect()
  }
}
