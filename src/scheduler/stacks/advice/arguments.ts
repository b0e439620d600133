import { show } from '../../checks/show.js'

/** The advice on the arguments of calls, by the call and its argument. */
const advice = new Map([
  ['debounce(fn, quiet)', 'write debounce(save, 300)'],
  ['memoize(fn)', 'write memoize(function* load(id) { … })'],
  ['memoize(fn, { key })', 'write { key: (user) => user.id }'],
  ['throttle(fn, rate)', 'write throttle(query, { limit: 10 })'],
  ['RateLimiter(options)', 'write new RateLimiter({ limit: 10, per: 1000 })'],
  ['CircuitBreaker({ isFailure })', 'write { isFailure: (error) => error.status !== 404 }'],
  ['run(work)', 'write breaker.run(() => fetch(url))'],
  ['select(works)', 'write select({ job: jobs.get(), stop: stop.wait() })'],
  ['suspend(start)', 'write suspend((resolve, reject) => { …; return undo })'],
  ['fromCallback(fn)', 'write fromCallback((callback) => fs.stat(path, callback))'],
  ['scope(body)', 'write scope(function* (s) { … })'],
  ['supervise(children)', 'write supervise([serve, poll])'],
  ['own(thing)', 'write s.own(net.connect(80))'],
  ['Barrier(parties, { action })', 'write { action: () => swap() }'],
  ['setError(error)', 'write setError(new Error(…)), or set(value) for a value'],
  [
    'Condition(lock)',
    "write new Condition(lock, { name: '…' }), or new Condition(undefined, { name: '…' }) for one with a lock of its own",
  ],
  ['waitFor(predicate)', 'write waitFor(() => stock > 0)'],
  ['shutdown(options)', 'write shutdown({ immediate: true }) to drop the items that are left'],
  ['PriorityQueue(maxSize, { compare })', 'write { compare: (a, b) => a.priority - b.priority }'],
  ['GreenletLocal({ initial })', 'write { initial: () => value }: each greenlet calls it for a value of its own'],
  ['link(target)', 'write link((greenlet) => { … })'],
  ['Timeout(milliseconds, error)', "write new Timeout(1000, new Error('…'))"],
  ['until(source, { late })', 'write { late: (client) => client.release() }'],
])

/**
 * Advises on what was given as the argument of a call, in which something else is expected; empty where there is no advice.
 *
 * @param where the call, with the argument: `Queue "jobs".shutdown(options)`.
 * @internal
 */
export function adviseOnArgument(where: string, expected: string, value: unknown): string {
  // `Queue "jobs".shutdown(options)` is about `shutdown(options)`, `new Lock(…)` about `Lock(…)`.
  const call = where.slice(
    Math.max(where.lastIndexOf('.', where.indexOf('(')), where.lastIndexOf(' ', where.indexOf('('))) + 1,
  )
  const known = advice.get(call)
  if (known !== undefined) return known
  if (expected === 'milliseconds from 0 to Infinity') return 'for no limit leave it out'
  if (where.startsWith('new ') && call.endsWith('(…)')) {
    const name = typeof value === 'string' ? value : 'accounts'
    return `write ${where.slice(0, -3)}({ name: ${show(name)} })`
  }
  if (expected !== 'a function') return ''
  if (call.endsWith('(source, fn)')) return `write ${where.replace('fn', '(item) => …')}`
  return call === 'call(fn)' || call === 'green(fn)' ? `write ${where.slice(0, -4)}(function* name() { … })` : ''
}
