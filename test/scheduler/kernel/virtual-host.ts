import assert from 'node:assert/strict'
import { afterEach } from 'node:test'
import { inspect } from 'node:util'
import { getHub, type Host } from 'gvent/scheduler'
import { portableHost } from '#scheduler/kernel/host'

interface Alarm {
  readonly time: number
  readonly callback: () => void
}

/**
 * A host whose clock moves only when a test says so, and that keeps its reports. Turns of the hub are those of the
 * platform, so that promises and real I/O work as ever.
 */
export class VirtualHost implements Host {
  /** Whether something made the program's exit status a failure. */
  failed = false
  private time = 1000
  private reports: string[] = []
  private readonly alarms = new Set<Alarm>()

  now(): number {
    return this.time
  }

  soon(callback: () => void): void {
    portableHost.soon(callback)
  }

  later(callback: () => void): void {
    portableHost.later(callback)
  }

  startTimer(milliseconds: number, callback: () => void): Alarm {
    assert.ok(Number.isInteger(milliseconds) && milliseconds >= 0 && milliseconds < 2 ** 31, String(milliseconds))
    const alarm = { time: this.time + milliseconds, callback }
    this.alarms.add(alarm)
    return alarm
  }

  stopTimer(alarm: unknown): void {
    assert.ok(this.alarms.delete(alarm as Alarm), 'only a timer that is set is stopped')
  }

  report(text: string): void {
    this.reports.push(text)
  }

  raiseUnobserved(): boolean {
    return false
  }

  markFailed(): void {
    this.failed = true
  }

  inspect(value: unknown): string {
    return inspect(value)
  }

  trapSignals(): () => void {
    return () => undefined
  }

  /** How many timers of the platform are set. */
  get pendingTimers(): number {
    return this.alarms.size
  }

  /** Moves the clock on, and lets everything happen that is due on the way. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds
    await quiet()
    for (let alarm = this.nextBefore(end); alarm !== undefined; alarm = this.nextBefore(end)) {
      this.alarms.delete(alarm)
      this.time = Math.max(this.time, alarm.time)
      alarm.callback()
      await quiet()
    }
    this.time = end
  }

  /** Moves the clock while JavaScript runs: no timer gets a chance. */
  burn(milliseconds: number): void {
    this.time += milliseconds
  }

  /** Calls the timers that are due at once, before the hub has a turn. */
  ring(): void {
    for (let alarm = this.nextBefore(this.time); alarm !== undefined; alarm = this.nextBefore(this.time)) {
      this.alarms.delete(alarm)
      alarm.callback()
    }
  }

  /** What was reported since the last time. */
  takeReports(): string[] {
    const { reports } = this
    this.reports = []
    return reports
  }

  private nextBefore(end: number): Alarm | undefined {
    const due = Array.from(this.alarms).filter(({ time }) => time <= end)
    return due.sort((a, b) => a.time - b.time)[0]
  }
}

/** Waits until the hub has nothing to do, short of timers. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => void setImmediate(resolve))
}

/**
 * Puts a {@link VirtualHost} under the hub, and sees to it that each test of the file leaves nothing behind: no
 * greenlet, no timer, no report that the test did not take.
 */
export function installVirtualHost(): VirtualHost {
  const host = new VirtualHost()
  getHub().install(host)
  afterEach(async () => {
    await quiet()
    const left = getHub()
      .greenlets()
      .filter(({ daemon }) => !daemon)
      .map(String)
    for (const greenlet of getHub().greenlets()) greenlet.kill()
    await quiet()
    const reports = host.takeReports()
    assert.deepEqual({ left, reports, timers: host.pendingTimers }, { left: [], reports: [], timers: 0 })
  })
  return host
}
