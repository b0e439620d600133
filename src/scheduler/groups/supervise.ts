import { green } from '../greenlets/call.js'
import { checkCount } from '../checks/check-count.js'
import { checkDuration } from '../checks/check-duration.js'
import { badArgument } from '../checks/bad-argument.js'
import { misuse } from '../checks/errors.js'
import { isCoroutine, type Coroutine } from '../kernel/frames.js'
import { Greenlet } from '../greenlets/greenlet.js'
import { Operation } from '../kernel/operation.js'
import { checkWaitOptions, limitsOf, waitOptionsAnd } from '../kernel/wait-options.js'
import { checkOptions, type OptionNames } from '../checks/check-options.js'
import { show } from '../checks/show.js'
import type { ChildOptions, Complete, RestartType, Strategy, SuperviseOptions } from './supervise-options.js'
import { Child, Supervisor } from './supervisor.js'
import { limited } from '../waits/with-timeout.js'
import { Pauses } from '../policies/backoff.js'
import { retryPolicyNames, whileOf } from '../policies/retry.js'

const superviseAll = green(function* supervise(make: () => Supervisor): Coroutine<void> {
  yield* make().run()
})

/**
 * Runs the children, and starts those again that fail, until all have ended normally.
 *
 * ```ts
 * yield* supervise([listen, { run: pollFeeds, restart: 'permanent' }], {
 *   strategy: 'restForOne',
 *   intensity: 5,
 *   backoff: { initial: 100 },
 * })
 * ```
 *
 * Children are started in the given order, and stopped in the reverse of it: each is killed, and the next one's turn
 * comes when it has ended. With `oneForAll` and `restForOne` the others are stopped before all of them are started
 * again, those too that had ended normally, but for the temporary ones. A child that is a `supervise` itself makes a
 * tree. (Rules: Erlang's `supervisor`; there a child is `permanent` by default.)
 *
 * @param children functions as for `spawn`, operations, or {@link ChildOptions}.
 * @throws SupervisionError when there are more than `intensity` restarts within `period` milliseconds, or after an error
 *   that `while` refuses: the children were stopped then. Its `cause` is the last error.
 * Cancel safety: a kill or timeout stops the children in reverse order, and is raised when they have ended.
 */
export function supervise(
  children: Iterable<(() => unknown) | Operation<unknown> | ChildOptions>,
  options: SuperviseOptions = {},
): Operation<void> {
  checkWaitOptions(options, superviseOptionNames)
  const { strategy = 'oneForOne', attempts = 2, intensity = attempts - 1, period = 5000, onFailure } = options
  if (!strategies.includes(strategy)) throw badStrategy(strategy)
  checkCount(attempts, 'supervise(children, { attempts })', 1)
  checkCount(intensity, 'supervise(children, { intensity })', 0)
  checkDuration(period, 'supervise(children, { period })')
  if (typeof (children as unknown as Partial<unknown[]> | null)?.[Symbol.iterator] !== 'function') {
    throw badArgument('supervise(children)', 'an array', children)
  }
  const all = Array.from(children, checkChild)
  const pauses = pausesOf(options)
  const isWorthwhile = whileOf(options, 'supervise(children, options)')
  const supervising = superviseAll(() => {
    const supervisor = new Supervisor({ strategy, intensity, period, pauses, isWorthwhile, onFailure })
    for (const child of all) supervisor.children.push(new Child(supervisor, child))
    return supervisor
  })
  return limited(supervising, limitsOf(options))
}

function pausesOf({ backoff, jitter }: SuperviseOptions): Pauses | undefined {
  if (backoff === undefined && jitter === undefined) return undefined
  return Pauses.of(backoff ?? {}, 'supervise(children, { backoff })', jitter)
}

const superviseOptionNames = waitOptionsAnd('strategy', 'intensity', 'period', ...retryPolicyNames, 'onFailure')
const childOptionNames: OptionNames = { own: ['name', 'run', 'restart', 'shutdown'] }

const strategies: readonly unknown[] = ['oneForOne', 'oneForAll', 'restForOne'] satisfies Strategy[]
const restartTypes: readonly unknown[] = ['permanent', 'transient', 'temporary'] satisfies RestartType[]

function badStrategy(strategy: unknown): TypeError {
  const camelCase = String(strategy).replace(/[_-](.)/g, (_, letter: string) => letter.toUpperCase())
  const wanted = strategies.includes(camelCase) ? `'${camelCase}'` : "'oneForOne', 'oneForAll' or 'restForOne'"
  return misuse(new TypeError(`supervise(children, { strategy }): got ${show(strategy)}; write ${wanted}`))
}

function checkChild(child: unknown, index: number): Complete<ChildOptions> {
  const where = `supervise(children): child ${index + 1}`
  const options = optionsOf(child)
  if (options === undefined) {
    const hint =
      child instanceof Greenlet || isCoroutine(child)
        ? 'it runs only once; pass the function that it was made from'
        : 'pass a function, or { run: fn, restart, shutdown }'
    throw misuse(new TypeError(`${where} is ${show(child)}; ${hint}`))
  }
  const { run, restart = 'transient', shutdown = 5000 } = options
  if (!restartTypes.includes(restart)) {
    throw misuse(
      new TypeError(`${where}: { restart } must be 'permanent', 'transient' or 'temporary', got ${show(restart)}`),
    )
  }
  checkDuration(shutdown, `${where}: { shutdown }`)
  const { name = run.name === '' || run.name === 'run' ? `child ${index + 1}` : run.name } = options
  return { name, run, restart, shutdown }
}

function optionsOf(child: unknown): ChildOptions | undefined {
  if (typeof child === 'function') return { run: child as () => unknown }
  if (child instanceof Greenlet) return undefined
  if (child instanceof Operation) return { name: child.describe(), run: () => child as unknown }
  if (typeof (child as Partial<ChildOptions> | null)?.run !== 'function') return undefined
  checkOptions(child as ChildOptions, childOptionNames)
  const { name, restart, shutdown } = child as ChildOptions
  const run = (): unknown => (child as ChildOptions).run()
  return { name: name ?? (child as ChildOptions).run.name, run, restart, shutdown }
}
