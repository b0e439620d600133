import type { IncomingMessage, ServerResponse } from 'node:http'
import { OPEN_METRICS_TYPE, openMetrics } from './open-metrics.js'

/**
 * Answers with {@link openMetrics}: a handler for `HTTPServer`, and for everything that calls `(request, response)`, as
 * `node:http`, Express and Connect do.
 *
 * ```ts
 * const server = new HTTPServer({ host: '127.0.0.1', port: 9464 }, metricsHandler)
 * ```
 *
 * It says how many requests there are and what the program's locks and queues are called: it is not for everybody.
 */
export function metricsHandler(request: IncomingMessage, response: ServerResponse): undefined
export function metricsHandler(request: Request): Response
// One parameter, by which HTTPServer tells that it may be called with a Request.
export function metricsHandler(_request: unknown, ...[response]: unknown[]): Response | undefined {
  const headers = { 'Content-Type': OPEN_METRICS_TYPE, 'Cache-Control': 'no-store' }
  if (response === undefined) return new Response(openMetrics(), { headers })
  ;(response as ServerResponse).writeHead(200, headers).end(openMetrics())
  return undefined
}
