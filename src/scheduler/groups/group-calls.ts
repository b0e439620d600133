import { checkOptions, type OptionNames } from '../checks/check-options.js'
import { misuse } from '../checks/errors.js'
import { show } from '../checks/show.js'
import { isCoroutine, type Body } from '../kernel/frames.js'
import { waitOptionNames } from '../kernel/wait-options.js'
import { Membership } from './membership.js'
import type { CallOptions } from './pool-mapping.js'

const applyOptionNames: OptionNames = { own: ['callback'] }

/** Reads the calls of a group: a function with its arguments, and perhaps options before it. @internal */
export abstract class GroupCalls extends Membership {
  /** Takes `(fn, ...args)` or `(options, fn, ...args)` apart. @throws TypeError unless `fn` is a function. @internal */
  protected readCall(call: unknown[], method: string): { options: CallOptions | undefined; fn: Body; args: unknown[] } {
    const hasOptions = this.areOptions(call[0])
    const [fn, ...args] = hasOptions ? call.slice(1) : call
    this.checkFunction(fn, method)
    if (hasOptions) checkOptions(call[0] as object, method === 'applyAsync' ? applyOptionNames : waitOptionNames)
    return { options: hasOptions ? (call[0] as CallOptions) : undefined, fn: fn as Body, args }
  }

  /** Whether what a call begins with are options, and not its function. @internal */
  protected areOptions(first: unknown): boolean {
    return typeof first === 'object' && first !== null && !isCoroutine(first)
  }

  /** @throws TypeError unless `fn` is a function. @internal */
  protected checkFunction(fn: unknown, method: string): void {
    if (typeof fn === 'function') return
    const call = `group.${method}(fn, ...args)`
    const message = isCoroutine(fn)
      ? `expected the generator function, got what it returned; write ${call}, not group.${method}(fn(...args))`
      : `expected a function, got ${show(fn)}; write ${call}`
    throw misuse(new TypeError(`${this.toString()}.${method}(fn): ${message}`))
  }
}
