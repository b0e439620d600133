import './node-host.js'

export { fetch } from './fetch.js'
