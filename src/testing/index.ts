import './node.js'

export * from './portable.js'
export { network } from './network/index.js'
export type { NetworkOptions } from './network/network-options.js'
export type { NetstatEntry } from './network/netstat.js'
export type { NetworkHost, SimulatedNetwork } from './network/simulated-network.js'
