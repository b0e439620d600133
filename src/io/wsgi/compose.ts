import { checkApp, type Middleware, type WSGIApp } from './application.js'

/**
 * Puts middleware in front of an application, the first one outermost: `compose(app, log, gzip())` is `log(gzip()(app))`.
 */
export function compose(app: WSGIApp, ...middleware: readonly Middleware[]): WSGIApp {
  checkApp(app, 'compose(app, …)')
  return middleware.reduceRight((inner, outer) => outer(inner), app)
}
