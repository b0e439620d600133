import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { getCurrent, type Operation } from '../../scheduler/index.js'
import { consuming } from '../consume.js'
import { checkConsume, type ConsumeOptions } from '../consume-options.js'
import { Discard } from '../errors.js'
import type { Job } from '../job.js'
import type { Jobs } from '../jobs.js'
import { readCall, type JobCall } from './job-call.js'

/**
 * Runs jobs that call functions of a module, until it is killed: a {@link JobCall} names one of those that the module exports.
 * Nothing else is run; a name that is not exported is a dead letter at once.
 *
 * ```ts
 * const worker = spawn(() => consumeModule(jobs, await import('./jobs.js'), { size: 100 }))
 * await jobs.add({ call: 'sendMail', args: ['ada@example.org'] })
 * ```
 *
 * The functions get the arguments of the call, and find the job by {@link currentJob}. They may be generator functions, async
 * or plain ones. All else is as in {@link consume}.
 *
 * @param jobs those of an engine.
 * @param module what `await import('./jobs.js')` gives, or an object with functions.
 * @param options those of {@link consume}.
 * @throws TypeError for what is no module, or exports no function; TypeError, RangeError for options out of range.
 * Cancel safety: that of {@link consume}.
 */
export function consumeModule(
  jobs: Pick<Jobs, 'source'>,
  module: object,
  options: ConsumeOptions = {},
): Operation<never> {
  const where = 'consumeModule(jobs, module, options)'
  if (typeof Object(jobs) !== 'object' || typeof (Object(jobs) as Partial<Jobs>).source?.take !== 'function') {
    throw badArgument(where, 'the jobs of an engine', jobs, 'write consumeModule(redisJobs(client), module)')
  }
  const functions = functionsOf(module, where)
  const work = (data: unknown, { id }: Job): unknown => {
    const { call, args = [] } = readCall(data)
    const fn = functions.get(call)
    if (fn === undefined) {
      const names = Array.from(functions.keys()).sort().join(', ')
      throw new Discard(`the module of this worker exports no function ${JSON.stringify(call)}; it exports ${names}`)
    }
    getCurrent()!.name = `${call} of job ${id}`
    return fn(...args)
  }
  const settings = checkConsume(jobs.source, work, options)
  return consuming(jobs.source, work, {
    ...settings,
    isAwaited: (data) => (data as Partial<JobCall> | null)?.reply === true,
  })
}

type Exported = (...args: readonly unknown[]) => unknown

/** The functions that a module itself exports: neither those of its prototypes, nor classes. */
function functionsOf(module: object, where: string): ReadonlyMap<string, Exported> {
  const advice = "write consumeModule(jobs, await import('./jobs.js'))"
  if (typeof module !== 'object' || (module as object | null) === null || module instanceof Promise) {
    throw badArgument(where, 'a module', module, advice)
  }
  const functions = new Map<string, Exported>()
  for (const [name, value] of Object.entries(module)) if (isFunction(value)) functions.set(name, value)
  if (functions.size === 0) throw badArgument(where, 'a module that exports functions', module, advice)
  return functions
}

function isFunction(value: unknown): value is Exported {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value))
}
