import { AsyncLocalStorage } from 'node:async_hooks'
import timers from 'node:timers'
import { inspect } from 'node:util'
import '../../scheduler/kernel/timers/program-timers.js'
import '../../scheduler/reports/install.js'
import { portableHost, type Host } from '../../scheduler/kernel/host.js'
import { reportStuck } from '../../scheduler/reports/deadlock-report.js'
import { others } from '../../scheduler/reports/listed.js'
import { getHub, hub } from '../../scheduler/kernel/thread.js'
import { collectGarbage } from './process/collect-garbage.js'
import { locateCode } from './process/locate-code.js'
import { readProgram } from './process/read-program.js'
import { leaveFirstContext, onFirstContext } from './async-context.js'
import { onEmptyLoop } from './process/before-exit.js'
import { writeTo } from './process/standard-output.js'
import { applyEnvironment } from '../diagnostics/environment.js'
import { exposeChannels } from '../observing/events/channels.js'
import { exposeNames } from '../observing/events/greenlet-names.js'
import { exposeHandle } from '../observing/handle.js'
import { hideKnownSecrets } from '../diagnostics/hide-secrets.js'
import { raiseUnobserved } from './process/raise-unobserved.js'
import { trapSignals } from '../signals/trap-signals.js'

// Taken once, so that the hub keeps its turns whatever becomes of the globals later, or has become of them before: a fake clock
// moves time, and greenlets that are ready do not wait for that.
const { setImmediate, setTimeout } = timers
/** Whether sockets are polled between two immediates: in Deno only between two timers. */
const polls = !('Deno' in globalThis)

/**
 * Node under the hub: its clock and timers, `AsyncLocalStorage` in greenlets, reports on stderr, exit status, signals.
 *
 * A greenlet has the stores of its spawner. What it changes by `enterWith` stays with it over all its waits, and
 * reaches neither its spawner nor its siblings.
 */
export const nodeHost: Host = {
  ...portableHost,
  later: (callback) => {
    if (polls) setImmediate(callback)
    else setTimeout(callback, 0)
  },
  afterEvents: polls
    ? undefined
    : (callback) => {
        setImmediate(callback)
      },
  leaveFirstContext,
  makeAmbientValue: () => new AsyncLocalStorage(),
  report: (text) => {
    writeTo('stderr', `${hideKnownSecrets(text)}\n`)
  },
  readProgram,
  locateCode: (code) => locateCode(code),
  collectGarbage,
  raiseUnobserved,
  markFailed: () => {
    process.exitCode ??= 1
  },
  inspect: (value) => inspect(value),
  trapSignals,
}

getHub().install(nodeHost)
onFirstContext((contexts) => {
  // The first one may be used in a simulation, which has a hub of its own.
  for (const each of new Set([hub, getHub()])) {
    Object.assign(each.platform, { contexts })
    // Those that live already have no context of a spawner to keep, and get what there is now.
    for (const greenlet of each.greenlets()) greenlet.keepContext()
  }
})
exposeHandle(process.env)
exposeChannels()
exposeNames()
applyEnvironment(process.env)

onEmptyLoop(() => {
  const { alive, outside } = getHub()
  return (alive > 0 || outside.size > 0 || others.areLostReported) && reportStuck()
})
