import './node-host.js'

export { fetch, type FetchOptions } from './fetch.js'
export type { GreenResponse } from './green-response.js'
export { greenify, type Green, type Greenified } from './greenify.js'
