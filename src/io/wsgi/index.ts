export {
  GatewayError,
  type Body,
  type Chunk,
  type HeaderList,
  type Middleware,
  type StartResponse,
  type Write,
  type WSGIApp,
} from './application.js'
export { bodyOf } from './body.js'
export { compose } from './compose.js'
export type { Environ } from './environ.js'
export { ErrorStream } from './error-stream.js'
export { fromNode, type NodeApp } from './from-node.js'
export { gzip, type GzipOptions } from './gzip.js'
export { mount } from './mount.js'
export { toNode, type NodeListener } from './to-node.js'
export { validator } from './validator.js'
export { makeServer, WSGIServer, type WSGIServerOptions } from './wsgi-server.js'
