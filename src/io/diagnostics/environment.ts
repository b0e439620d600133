import { isMainThread } from 'node:worker_threads'
import { reportForgotten } from '../../scheduler/reports/report-forgotten.js'
import { reportLost } from '../../scheduler/reports/lost-greenlets.js'
import { watchBlocking } from './blocked-loop.js'
import { signalName, type Signal } from '../signals/signal-name.js'
import { dumpOnSignal } from './dump-signal.js'
import { underTestRunner } from './test-runner.js'

/** Switches on what the environment asks for. Signals and the watch are for the main thread alone. */
export function applyEnvironment(environment: NodeJS.ProcessEnv): void {
  const { GVENT_BLOCKED_MS, GVENT_DUMP, GVENT_FORGOTTEN, GVENT_LOST } = environment
  if (isOn(GVENT_LOST)) reportLost()
  if (GVENT_FORGOTTEN === undefined ? underTestRunner(process) : isOn(GVENT_FORGOTTEN)) {
    process.on('exit', reportForgotten())
  }
  // Asked only where it matters: the module that tells takes long to load.
  if (![GVENT_BLOCKED_MS, GVENT_DUMP].some(isOn) || !isMainThread) return
  if (isOn(GVENT_DUMP)) dumpOnSignal(signalName(GVENT_DUMP as Signal, `GVENT_DUMP=${GVENT_DUMP}`))
  if (isOn(GVENT_BLOCKED_MS)) watchBlocking({ milliseconds: millisecondsOf(GVENT_BLOCKED_MS!) })
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'off'
}

function millisecondsOf(text: string): number {
  const milliseconds = text === 'on' ? 100 : Number(text)
  if (milliseconds > 0) return milliseconds
  throw new RangeError(`GVENT_BLOCKED_MS=${text}: expected milliseconds, such as GVENT_BLOCKED_MS=100`)
}
