import type { Middleware, WSGIApp } from './application.js'

/**
 * Puts middleware in front of an application, the first one outermost: `compose(app, log, gzip())` is `log(gzip()(app))`.
 */
export function compose(app: WSGIApp, ...middleware: readonly Middleware[]): WSGIApp {
  return middleware.reduceRight((inner, outer) => outer(inner), app)
}
