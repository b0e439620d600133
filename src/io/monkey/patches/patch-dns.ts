import { thread } from '../../../scheduler/kernel/thread.js'
import { callPlatform, iterableResult } from '../green/abortable-call.js'
import { loadBuiltin } from '../../node/load-builtin.js'
import { applyPart, type Part } from '../patch-part.js'
import { isReplaced, unpatchModule } from '../patch-module.js'
import { applyTable, type PatchTable, type PlatformFunction, type Replacement } from '../patch-table.js'
import { makeIterable } from '../../../scheduler/waits/iterable-while-green.js'

const dns = () => loadBuiltin('node:dns') as typeof import('node:dns')

// A resolver of its own for each question, because only a resolver as a whole can take back what it has asked.
const ask =
  (name: string): Replacement =>
  (original, receiver, args) => {
    if (thread.greenlet === null) return iterableResult(original, receiver, args)
    const { promises, getServers } = dns()
    const resolver = new promises.Resolver()
    resolver.setServers(getServers())
    const method = (resolver as unknown as Record<string, PlatformFunction>)[name]!
    return makeIterable(callPlatform(method, resolver, args) as Promise<unknown>, {
      describe: () => `${name}(${String(args[0])})`,
      cancel: () => {
        resolver.cancel()
      },
    })
  }

// Node puts functions of a new resolver in the place of all of these.
const setServers: Replacement = (original, receiver, args) => {
  if (!isReplaced(dns().promises, 'resolve')) return callPlatform(original, receiver, args)
  unpatchModule(dns().promises)
  try {
    return callPlatform(original, receiver, args)
  } finally {
    applyTable(promisesTable)
  }
}

const QUESTIONS = [
  'resolve',
  'resolve4',
  'resolve6',
  'resolveAny',
  'resolveCaa',
  'resolveCname',
  'resolveMx',
  'resolveNaptr',
  'resolveNs',
  'resolvePtr',
  'resolveSoa',
  'resolveSrv',
  'resolveTlsa',
  'resolveTxt',
  'reverse',
]

const promisesTable: PatchTable = {
  name: 'dns.promises',
  target: () => dns().promises,
  replaces: {
    lookup: iterableResult,
    lookupService: iterableResult,
    ...Object.fromEntries(QUESTIONS.map((name) => [name, ask(name)])),
    setServers,
  },
}

/** The part that {@link patchDns} patches. */
export const dnsPart: Part = {
  name: 'dns',
  by: 'patchDns',
  gevent: 'patch_dns',
  cooperative: [
    {
      what: 'dns.promises.lookup(), lookupService()',
      gives: 'the answer',
      givingUp: 'drops the answer; the operating system finishes its search',
    },
    { what: 'dns.promises.resolve…(), reverse()', gives: 'the answer', givingUp: 'withdraws the query' },
  ],
  cannot:
    'the functions with callbacks; they do not block either. A function that a CommonJS module took from `dns.promises` before ' +
    'the first greenlet stays the original',
  isLate: true,
  tables: [promisesTable, { name: 'dns', target: dns, replaces: { setServers } }],
}

/**
 * Lets the functions of `node:dns/promises` be waited for in a greenlet: `yield* dns.promises.resolve4('example.org')`.
 *
 * @returns whether anything changed: `false` if it was patched before.
 */
export function patchDns(): boolean {
  return applyPart(dnsPart)
}
