import './node/node-host.js'

/** `gvent/scheduler` on Node: the same names as everywhere, with Node under the hub. */
export * from '../scheduler/index.js'
