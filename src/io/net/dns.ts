import type { OptionNames } from '../../scheduler/checks/check-options.js'
import dns, {
  type AnyRecord,
  type CaaRecord,
  type LookupAddress,
  type LookupAllOptions,
  type LookupOneOptions,
  type LookupOptions,
  type MxRecord,
  type NaptrRecord,
  type RecordWithTtl,
  type Resolver,
  type SoaRecord,
  type SrvRecord,
} from 'node:dns'
import type { LookupFunction } from 'node:net'
import { diagnosis } from '../../scheduler/checks/diagnosis.js'
import { badArgument } from '../../scheduler/checks/bad-argument.js'
import { misuse } from '../../scheduler/checks/errors.js'
import type { Operation } from '../../scheduler/kernel/operation.js'
import {
  checkWaitOptions,
  waitOptionNames,
  waitOptionsAnd,
  type WaitOptions,
} from '../../scheduler/kernel/wait-options.js'
import { network } from './network.js'
import { SharedQuery, type Answer, type Ask } from './dns-coalescing.js'

/*
 * Node's `dns.promises`, as operations: same names, same options, same results. Equal questions that are asked at the
 * same time share one, and what nothing waits for any more is taken back from the network. Only `lookup` and
 * `lookupService`, which ask the operating system in one of the four threads of libuv, cannot be taken back: their
 * answer is dropped. Sharing helps these most.
 */

/** The types of records, and what {@link resolve} gives for each. */
export interface Records {
  /** Addresses of IPv4. */
  A: string[]
  /** Addresses of IPv6. */
  AAAA: string[]
  /** Records of all kinds. */
  ANY: AnyRecord[]
  /** Certificate authorities that may issue certificates. */
  CAA: CaaRecord[]
  /** The names that it is an alias of. */
  CNAME: string[]
  /** Mail servers, with their priority. */
  MX: MxRecord[]
  /** Rules for rewriting names. */
  NAPTR: NaptrRecord[]
  /** Name servers. */
  NS: string[]
  /** Names that it points to. */
  PTR: string[]
  /** The zone's own record. */
  SOA: SoaRecord
  /** Hosts and ports of a service. */
  SRV: SrvRecord[]
  /** Texts, each in pieces. */
  TXT: string[][]
}

/**
 * Looks a name up as the operating system does, with `/etc/hosts` and all.
 *
 * ```ts
 * const { address, family } = yield* lookup('localhost')
 * ```
 *
 * @param hostname a name; an address is given back as it is.
 * @param options those of `dns.lookup` (`family`, `hints`, `all`, …), `timeout` and `signal`.
 * @returns the first address, or with `all: true` all of them.
 * @throws LookupError when there is none; TypeError for an empty name; Timeout.
 * Cancel safety: a kill or timeout drops the answer; the operating system finishes its search.
 *
 * In a simulation it finds the hosts of the simulated network.
 */
export function lookup(hostname: string, options: LookupAllOptions & WaitOptions): Operation<LookupAddress[]>
export function lookup(hostname: string, options?: LookupOneOptions & WaitOptions): Operation<LookupAddress>
export function lookup(
  hostname: string,
  options?: LookupOptions & WaitOptions,
): Operation<LookupAddress | LookupAddress[]>
export function lookup(
  hostname: string,
  given: LookupOptions & WaitOptions = {},
): Operation<LookupAddress | LookupAddress[]> {
  checkWaitOptions(given, lookupOptionNames)
  const { timeout, signal, ...options } = given
  checkName(hostname, 'lookup', 'hostname')
  if (hostname === '') throw misuse(new TypeError('lookup(hostname): expected the name of a host, got an empty one'))
  return new Lookup(`lookup(${[hostname, ...asText(options)].join(', ')})`, askFor(hostname, options), {
    timeout,
    signal,
  })
}

const lookupOptionNames: OptionNames = {
  own: ['family', 'hints', 'all', 'order', 'verbatim', ...waitOptionNames.own],
  platform: [],
}
const resolveOptionNames = waitOptionsAnd('ttl')

function askFor(hostname: string, options: LookupOptions): Ask<LookupAddress | LookupAddress[]> {
  return (answer) => {
    network.current.lookup(hostname, options, (error, address, family) => {
      answer(error, typeof address === 'string' ? { address, family: family! } : address)
    })
    return undefined
  }
}

// Names are looked up on the network that is simulated, name servers are always asked outside.
class Lookup extends SharedQuery<LookupAddress | LookupAddress[]> {
  override isExternal(): boolean {
    return !network.current.isSimulated
  }
}

/** {@link lookup} for code that takes a `lookup` function: equal questions share one there, too. @internal */
export const sharedLookup: LookupFunction = (hostname, options, callback) => {
  const found = (result: LookupAddress | LookupAddress[]): void => {
    if (Array.isArray(result)) callback(null, result)
    else callback(null, result.address, result.family)
  }
  const failed = (error: unknown): void => {
    callback(error as NodeJS.ErrnoException, '')
  }
  // Sockets of UDP give the version of IP alone.
  const asked = typeof options === 'number' ? { family: options } : options
  lookup(hostname, asked).then<unknown, unknown>(found, failed)
}

/**
 * The names of a host and of a service, as the operating system knows them.
 *
 * @throws LookupError, Timeout. Cancel safety: as for {@link lookup}.
 */
export function lookupService(
  address: string,
  port: number,
  options?: WaitOptions,
): Operation<{ hostname: string; service: string }> {
  checkName(address, 'lookupService', 'address')
  return query(`lookupService(${address}, ${port})`, options, (answer) => {
    dns.lookupService(address, port, (error, hostname, service) => {
      answer(error, { hostname, service })
    })
    return undefined
  })
}

/**
 * Asks a name server for records.
 *
 * ```ts
 * const servers = yield* resolve('example.org', 'MX')
 * ```
 *
 * @param type the type of the records, `'A'` unless given.
 * @throws LookupError, whose `code` says why (`ENOTFOUND`, `ENODATA`, `ECONNREFUSED`, …); Timeout.
 * Cancel safety: a kill or timeout withdraws the query.
 */
export function resolve(hostname: string, type?: 'A', options?: WaitOptions): Operation<string[]>
export function resolve<T extends keyof Records>(
  hostname: string,
  type: T,
  options?: WaitOptions,
): Operation<Records[T]>
export function resolve(hostname: string, type: keyof Records = 'A', options?: WaitOptions): Operation<unknown> {
  return ask('resolve', [hostname, type], options, (resolver, answer) => {
    resolver.resolve(hostname, type, answer as never)
  })
}

/** Options of {@link resolve4} and {@link resolve6}. */
export interface ResolveOptions extends WaitOptions {
  /** Give the time to live of each record, too. */
  ttl?: boolean | undefined
}

/** The IPv4 addresses of a name, from a name server. Otherwise as {@link resolve}. */
export function resolve4(hostname: string, options: ResolveOptions & { ttl: true }): Operation<RecordWithTtl[]>
export function resolve4(hostname: string, options?: ResolveOptions): Operation<string[]>
export function resolve4(hostname: string, options: ResolveOptions = {}): Operation<string[] | RecordWithTtl[]> {
  const { ttl = false, ...limits } = checkWaitOptions(options, resolveOptionNames)
  return ask('resolve4', ttl ? [hostname, 'ttl'] : [hostname], limits, (resolver, answer) => {
    resolver.resolve4(hostname, { ttl }, answer)
  })
}

/** The IPv6 addresses of a name, from a name server. Otherwise as {@link resolve}. */
export function resolve6(hostname: string, options: ResolveOptions & { ttl: true }): Operation<RecordWithTtl[]>
export function resolve6(hostname: string, options?: ResolveOptions): Operation<string[]>
export function resolve6(hostname: string, options: ResolveOptions = {}): Operation<string[] | RecordWithTtl[]> {
  const { ttl = false, ...limits } = checkWaitOptions(options, resolveOptionNames)
  return ask('resolve6', ttl ? [hostname, 'ttl'] : [hostname], limits, (resolver, answer) => {
    resolver.resolve6(hostname, { ttl }, answer)
  })
}

/** All records that a name server has of a name. Otherwise as {@link resolve}. */
export function resolveAny(hostname: string, options?: WaitOptions): Operation<AnyRecord[]> {
  return resolve(hostname, 'ANY', options)
}

/** Looks up which authorities may issue certificates for a name. Otherwise as {@link resolve}. */
export function resolveCaa(hostname: string, options?: WaitOptions): Operation<CaaRecord[]> {
  return resolve(hostname, 'CAA', options)
}

/** Looks up the name that an alias stands for. Otherwise as {@link resolve}. */
export function resolveCname(hostname: string, options?: WaitOptions): Operation<string[]> {
  return resolve(hostname, 'CNAME', options)
}

/** The mail servers of a name. Otherwise as {@link resolve}. */
export function resolveMx(hostname: string, options?: WaitOptions): Operation<MxRecord[]> {
  return resolve(hostname, 'MX', options)
}

/** The rules by which a name is rewritten. Otherwise as {@link resolve}. */
export function resolveNaptr(hostname: string, options?: WaitOptions): Operation<NaptrRecord[]> {
  return resolve(hostname, 'NAPTR', options)
}

/** The name servers of a name. Otherwise as {@link resolve}. */
export function resolveNs(hostname: string, options?: WaitOptions): Operation<string[]> {
  return resolve(hostname, 'NS', options)
}

/** Looks up the name that an address, or another name, points to. Otherwise as {@link resolve}. */
export function resolvePtr(hostname: string, options?: WaitOptions): Operation<string[]> {
  return resolve(hostname, 'PTR', options)
}

/** Looks up who is responsible for a name. Otherwise as {@link resolve}. */
export function resolveSoa(hostname: string, options?: WaitOptions): Operation<SoaRecord> {
  return resolve(hostname, 'SOA', options)
}

/** Where the services of a name run. Otherwise as {@link resolve}. */
export function resolveSrv(hostname: string, options?: WaitOptions): Operation<SrvRecord[]> {
  return resolve(hostname, 'SRV', options)
}

/** The texts of a name, each in pieces. Otherwise as {@link resolve}. */
export function resolveTxt(hostname: string, options?: WaitOptions): Operation<string[][]> {
  return resolve(hostname, 'TXT', options)
}

/** The names of an address, from a name server. Otherwise as {@link resolve}. */
export function reverse(address: string, options?: WaitOptions): Operation<string[]> {
  return ask('reverse', [address], options, (resolver, answer) => {
    resolver.reverse(address, answer)
  })
}

function query<T>(
  key: string,
  options: WaitOptions | undefined,
  ask: (answer: Answer<T>) => (() => void) | undefined,
): Operation<T> {
  return new SharedQuery(key, ask, options)
}

// A resolver of its own for each question, because only a resolver as a whole can take back what it has asked.
function ask<T>(
  name: string,
  parts: string[],
  options: WaitOptions | undefined,
  put: (resolver: Resolver, answer: Answer<T>) => void,
): Operation<T> {
  checkName(parts[0], name, name === 'reverse' ? 'address' : 'hostname')
  return query<T>(`${name}(${parts.join(', ')})`, options, (answer) => {
    const resolver = new dns.Resolver()
    resolver.setServers(dns.getServers())
    put(resolver, answer)
    return () => {
      resolver.cancel()
    }
  })
}

function checkName(name: unknown, call: string, argument: string): void {
  if (typeof name === 'string') return
  throw badArgument(`${diagnosis.publicCall() || call}(${argument})`, 'a string', name)
}

function asText(options: object): string[] {
  const text = JSON.stringify(options)
  return text === '{}' ? [] : [text]
}
