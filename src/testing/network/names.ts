import type { LookupOptions } from 'node:dns'
import { isIP } from 'node:net'
import type { LookupCallback } from '../../io/net/network.js'
import type { World } from '../world/world.js'
import { lookupError } from './errors.js'
import type { Behaviour } from './network-options.js'
import type { Topology } from './topology.js'

/** The names of a network: which hosts they stand for, and which of them cannot be looked up. */
export class HostNames {
  private readonly failing = new Map<string, string>()

  constructor(
    private readonly world: World,
    private readonly topology: Topology,
    private readonly options: Behaviour,
  ) {}

  /** From now on looking up a name fails with a code; with `null` not any more. */
  fail(name: string, code: string | null): void {
    if (code === null) this.failing.delete(name)
    else this.failing.set(name, code)
  }

  /** The host that a name stands for, as seen from another one, or why that is not known. */
  find(name: string, from: string): string | Error {
    const host = this.topology.find(name, from)
    const code = this.failing.get(name) ?? (this.happensToFail(name) ? 'EAI_AGAIN' : undefined)
    return code === undefined && host !== undefined ? host : lookupError(code ?? 'ENOTFOUND', name)
  }

  /** Answers as `dns.lookup` does. */
  answer(name: string, from: string, { all, family }: LookupOptions, callback: LookupCallback): void {
    const host = this.find(name, from)
    // An address is given back as it is; all hosts have addresses of the fourth version.
    const address = isIP(name) !== 0 ? name : host instanceof Error ? host : this.topology.addressOf(host)
    if (typeof address !== 'string' || (Number(family) === 6 && isIP(address) !== 6)) {
      callback(typeof address === 'string' ? lookupError('ENOTFOUND', name) : address, '')
      return
    }
    if (all === true) callback(null, [{ address, family: isIP(address) }])
    else callback(null, address, isIP(address))
  }

  private happensToFail(name: string): boolean {
    if (!this.options.lookupFailures || isIP(name) !== 0) return false
    return this.world.chooseRarely(2, () => `looking up ${name} fails`) === 1
  }
}
