import type { Host } from './host.js'
import type { Runnable } from './runnable.js'
import { renewNote, running } from './running.js'
import type { Turns } from './timers.js'

/** A turn of the hub ends after so many steps of greenlets, so that timers and I/O get theirs. */
const STEPS_A_TURN = 8192
/** A turn of the hub ends after so many milliseconds. (gevent's switch interval.) */
const MILLISECONDS_A_TURN = 5
/** The clock is read every so many steps at the least: reading it costs five times as much as a step. */
const STEPS_BETWEEN_CLOCK_READINGS = 256
/** So many turns may follow each other before timers and I/O are asked whether they had theirs in between. */
const TURNS_UNWATCHED = 64

/** Decides which of the greenlets that are ready runs next, and when. @internal */
export interface RunQueue {
  /** Makes `runnable` run after all that are ready already. */
  add(runnable: Runnable): void
  /** Puts the next turn off until all that has come in was looked at, unless one is about to come. */
  gather(): void
  /**
   * Decides about a greenlet whose wait was over at once.
   *
   * @param must whether the rules of the hub want it to give way.
   * @returns whether it lets all that are ready go first.
   */
  givesWay(runnable: Runnable, must: boolean): boolean
  /** Notes that `error` ends a greenlet, for those who tell the story of a run. */
  noteKill(runnable: Runnable, error: Error): void
  /** Calls `callback` as soon as the running JavaScript is done, as far as timers and I/O get their turns anyway. */
  soon(callback: () => void): void
  /**
   * Calls `callback`, and runs what it makes ready in the same go, unless a turn is about to come. For what the platform
   * itself calls, with no other JavaScript below.
   */
  turnAfter(callback: () => void): void
  /** The clock in whole milliseconds, read once a turn: reading it for each greenlet that parks costs more than parking. */
  readonly turnTime: number
}

/** The hub of a {@link FairQueue}: their hub. @internal */
export interface QueueOwner {
  readonly platform: Host
  /** The instruments that watch every step, if there are any. */
  readonly watchers: readonly unknown[] | null
  /** Runs it up to its next wait, watched. @returns as `Runnable.resume`. */
  step(runnable: Runnable): boolean
}

/**
 * The run queue of production: first come, first served, in turns that are bounded in steps and in time. The links of
 * the queue are in the greenlets.
 * @internal
 */
export class FairQueue implements RunQueue, Turns {
  /** Whether greenlets are being run, or timers are ringing. */
  turning = false
  declare afterTurn: () => void
  private first: Runnable | null = null
  private last: Runnable | null = null
  private scheduled = false
  private time = 0
  private unwatched = 0
  private watchedSince = 0

  constructor(private readonly owner: QueueOwner) {}

  add(runnable: Runnable): void {
    if (this.last === null) this.first = runnable
    else this.last.nextReady = runnable
    this.last = runnable
    if (!this.scheduled) {
      this.soon(this.turn)
      this.scheduled = true
    }
  }

  gather(): void {
    if (this.scheduled) return
    this.scheduled = true
    const { platform } = this.owner
    if (platform.afterEvents === undefined) platform.later(this.turn)
    else platform.afterEvents(this.turn)
  }

  givesWay(_runnable: Runnable, must: boolean): boolean {
    return must
  }

  noteKill(): void {
    // The kill itself makes the greenlet ready.
  }

  get turnTime(): number {
    return (this.time ||= Math.trunc(this.owner.platform.now()))
  }

  // A program whose turns follow each other without end, each woken by a promise that is settled already, say, is as
  // bounded as a single turn is: then timers and I/O go first.
  soon(callback: () => void): void {
    const { platform } = this.owner
    if (++this.unwatched < TURNS_UNWATCHED) {
      platform.soon(callback)
      return
    }
    const now = platform.now()
    if (this.unwatched === TURNS_UNWATCHED) {
      this.watchedSince = now
      platform.later(this.noteLoop)
    }
    const isBounded = this.unwatched < STEPS_A_TURN && now - this.watchedSince < MILLISECONDS_A_TURN
    if (isBounded) platform.soon(callback)
    else platform.later(callback)
  }

  private readonly noteLoop = (): void => {
    this.unwatched = 0
  }

  turnAfter(callback: () => void): void {
    if (this.turning) {
      callback()
      return
    }
    const { scheduled } = this
    this.scheduled = this.turning = true
    try {
      callback()
    } finally {
      this.turning = false
      if (scheduled) this.afterTurn()
      else this.turn()
    }
  }

  private readonly turn = (): void => {
    this.turning = true
    try {
      this.runReady()
    } finally {
      this.turning = false
      if (this.first === null) this.scheduled = false
      else this.owner.platform.later(this.turn)
      this.afterTurn()
    }
  }

  // The list of those that are ready is in variables while it runs: a link to a young greenlet costs as much in a field of
  // an old object as all else that the queue does. The fields hold those that are made ready meanwhile.
  private runReady(): void {
    const { owner } = this
    let { first, last } = this
    this.first = this.last = null
    this.time = 0
    renewNote()
    let steps = 0
    let readClockAt = 2
    let interval = 1
    let readAt = 0
    let endAt = Infinity
    try {
      while (first !== null) {
        const runnable: Runnable = first
        first = runnable.nextReady
        runnable.nextReady = null
        const gaveWay = owner.watchers === null ? runnable.resume() : owner.step(runnable)
        if (this.first !== null) {
          if (first === null) first = this.first
          else last!.nextReady = this.first
          last = this.last
          this.first = this.last = null
        }
        if (gaveWay) {
          if (first === null) first = runnable
          else last!.nextReady = runnable
          last = runnable
        }
        if (++steps !== readClockAt) continue
        // The clock is read after every step at first, and ever less often as long as steps turn out to be short.
        const now = owner.platform.now()
        if (endAt === Infinity) endAt = now + MILLISECONDS_A_TURN
        else {
          if (now >= endAt || steps >= STEPS_A_TURN) return
          interval = now - readAt < 0.5 ? Math.min(interval * 2, STEPS_BETWEEN_CLOCK_READINGS) : 1
        }
        readAt = now
        this.time = Math.trunc(now)
        readClockAt += interval
      }
    } finally {
      running.note.greenlet = null
      // What is left goes first, though a step has raised an error.
      if (first !== null) {
        last!.nextReady = this.first
        this.first = first
        this.last ??= last
      }
    }
  }
}
