import type { ClientRequest, IncomingMessage, OutgoingMessage } from 'node:http'
import { Server as NetServer } from 'node:net'
import type { Operation } from '../../../scheduler/kernel/operation.js'
import type { WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { hideSecrets } from '../../diagnostics/hide-secrets.js'
import { EventWait, type EventOutcome } from '../green/event-wait.js'
import { loadBuiltin } from '../../node/load-builtin.js'
import { listReaders } from '../green/list-readers.js'
import { applyPart, type Part } from '../patch-part.js'
import { WriteChunk } from '../green/write-chunk.js'
import { listening } from './patch-net.js'

const http = () => loadBuiltin('node:http') as typeof import('node:http')
const https = () => loadBuiltin('node:https') as typeof import('node:https')

/** A request has its response. */
const answered: EventOutcome<ClientRequest, IncomingMessage> = {
  describe: (request) =>
    hideSecrets(`${request.method} ${request.protocol}//${request.getHeader('host') as string}${request.path}`),
  peek(request) {
    // Not documented, but what Node itself and every framework go by.
    const { res } = request as { res?: IncomingMessage | null }
    if (res) return res
    if (request.errored) throw request.errored
    return undefined
  },
  events: { response: (_request, response: IncomingMessage) => response },
  ignoresLateErrors: true,
  giveUp: (request) => void request.destroy(),
}

const messageMethods = {
  sendAll(this: OutgoingMessage, data: string | Uint8Array, options?: WaitOptions): Operation<void> {
    return new WriteChunk(this, data, options)
  },
}

/** The part that {@link patchHttp} patches. */
export const httpPart: Part = {
  name: 'http',
  by: 'patchHttp',
  gevent: '(`urllib` on `patch_socket`)',
  cooperative: [
    {
      what: 'http.get(), http.request(), https.get(), https.request()',
      gives: 'the response, when its headers have arrived',
      givingUp: 'destroys the request: the server sees the connection close',
    },
    {
      what: 'request.sendAll(), response.sendAll()',
      gives: 'when the chunk was given to the system',
      givingUp: 'it is still sent',
    },
  ],
  cannot: 'Node drops a response that arrives without a wait or a listener: wait at once',
  isLate: true,
  tables: [
    {
      name: 'http.ClientRequest.prototype',
      target: () => http().ClientRequest.prototype,
      waits: (request: ClientRequest) => new EventWait(request, answered),
    },
    { name: 'http.OutgoingMessage.prototype', target: () => http().OutgoingMessage.prototype, adds: messageMethods },
    {
      // Those of Node are servers of `node:net`, and those of Bun are not.
      name: 'http.Server.prototype',
      target: () => http().Server.prototype,
      isNeeded: () => !(http().Server.prototype instanceof NetServer),
      waits: (server: NetServer) => new EventWait(server, listening),
    },
    ...listReaders,
  ],
  covers: [
    { module: http, names: ['get', 'request', 'ClientRequest'] },
    { module: https, names: ['get', 'request'] },
  ],
}

/**
 * Lets the requests of `node:http` and `node:https` be waited for in a greenlet: `yield* http.get(url)` gives the
 * response. Its body is a stream, see `patchStreams`.
 *
 * @returns whether anything changed: `false` if it was patched before.
 */
export function patchHttp(): boolean {
  return applyPart(httpPart)
}
