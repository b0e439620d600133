import { misuse } from '../../scheduler/checks/errors.js'
import { show } from '../../scheduler/checks/show.js'
import type { World } from '../world/world.js'
import type { Behaviour } from './network-options.js'
import { Route } from './route.js'

/** The host of greenlets that were not spawned on another one. */
export const HERE = 'localhost'

/** The hosts of a network, and the ways between them. */
export class Topology {
  private readonly addresses = new Map<string, string>([[HERE, '127.0.0.1']])
  private readonly routes = new Map<string, Route>()
  private readonly vanished = new Set<string>()
  private readonly held = new Set<string>()
  private readonly partitions = new Set<string>()

  constructor(
    private readonly world: World,
    private readonly options: Behaviour,
  ) {}

  /** Makes a host unless it is there. @returns its address. */
  add(name: string): string {
    const address = this.addresses.get(name) ?? `10.0.0.${this.addresses.size}`
    this.addresses.set(name, address)
    return address
  }

  addressOf(host: string): string {
    return this.addresses.get(host)!
  }

  /** The host that a name or an address stands for, as seen from another one. */
  find(name: string, from: string): string | undefined {
    if (name === 'localhost' || name === '::1' || name.startsWith('127.')) return from
    if (this.addresses.has(name)) return name
    for (const [host, address] of this.addresses) if (address === name) return host
    return undefined
  }

  /** The way from one host to another. */
  route(from: string, to: string): Route {
    const key = keyOf(from, to)
    let route = this.routes.get(key)
    if (route === undefined) {
      route = new Route(this.world, `a message from ${from} to ${to}`, this.options)
      this.routes.set(key, route)
      this.setObstacles(route, from, to)
    }
    return route
  }

  /** Cuts two hosts off from each other, or one from all others. */
  partition(a: string, b: string | undefined, isCut: boolean): void {
    change(this.partitions, keyOf(this.known(a), b === undefined ? '' : this.known(b)), isCut)
    this.update()
  }

  /** Holds back what is sent from one host to another. */
  hold(from: string, to: string, isHeld: boolean): void {
    change(this.held, keyOf(this.known(from), this.known(to)), isHeld)
    this.update()
  }

  vanish(host: string): void {
    this.vanished.add(this.known(host))
    this.update()
  }

  private update(): void {
    for (const [key, route] of this.routes) {
      const [from, to] = JSON.parse(key) as [string, string]
      this.setObstacles(route, from, to)
    }
  }

  private setObstacles(route: Route, from: string, to: string): void {
    const isAway = (host: string): boolean => from !== to && this.vanished.has(host)
    const isCut = [keyOf(from, to), keyOf(to, from), keyOf(from, ''), keyOf(to, '')].some((key) =>
      this.partitions.has(key),
    )
    route.setBlocked(isAway(from) || isAway(to) || (isCut && from !== to) || this.held.has(keyOf(from, to)))
  }

  private known(host: string): string {
    if (this.addresses.has(host)) return host
    throw misuse(new TypeError(`network(): there is no host ${show(host)}; make it with network().host(${show(host)})`))
  }
}

function keyOf(from: string, to: string): string {
  return JSON.stringify([from, to])
}

function change(set: Set<string>, key: string, isIn: boolean): void {
  if (isIn) set.add(key)
  else set.delete(key)
}
