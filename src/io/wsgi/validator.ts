import type { Coroutine } from '../../scheduler/kernel/frames.js'
import { show } from '../../scheduler/checks/show.js'
import { GatewayError, type Middleware, type StartResponse } from './application.js'
import { bodyOf, drive } from './body.js'
import type { Environ } from './environ.js'
import { checkHead } from './head.js'

const REQUIRED = [
  'REQUEST_METHOD',
  'SERVER_NAME',
  'SERVER_PORT',
  'SERVER_PROTOCOL',
  'wsgi.version',
  'wsgi.url_scheme',
  'wsgi.input',
  'wsgi.errors',
  'wsgi.multithread',
  'wsgi.multiprocess',
  'wsgi.run_once',
]

/**
 * Middleware that checks both sides: that the server gives what PEP 3333 promises, and that the application keeps to its
 * rules, those too that a server lets pass. For tests and while an application is written.
 *
 * @throws GatewayError, in the greenlet of the request, at the first rule that is broken. (Python: `wsgiref.validate`.)
 */
export function validator(): Middleware {
  return (app) =>
    function* validator(environ, startResponse): Coroutine<void> {
      if (arguments.length !== 2) broken(`the server called the application with ${arguments.length} arguments, not 2`)
      checkEnviron(environ)
      let started = false
      const start: StartResponse = (status, headers, exception) => {
        if (started && (exception === undefined || exception === null)) broken('startResponse was called twice')
        checkStart(status, headers)
        started = true
        const write = startResponse(status, headers, exception)
        if (typeof write !== 'function') broken('the startResponse of the server does not return a function')
        return write
      }
      const check = function* (chunk: string | Uint8Array): Coroutine<void> {
        if (!started) broken('the application produced part of its body before it called startResponse')
        yield chunk
      }
      const result: unknown = app(environ, start)
      if (typeof result === 'string') broken("the application returned a string; write ['text'], or yield it")
      yield* drive(bodyOf(result), check)
      if (!started) broken('the application ended without calling startResponse')
    }
}

function checkEnviron(environ: Environ): void {
  if (typeof environ !== 'object' || environ === null) broken(`environ must be an object, got ${show(environ)}`)
  for (const key of REQUIRED) if (!(key in environ)) broken(`environ has no ${key}`)
  for (const key of ['HTTP_CONTENT_TYPE', 'HTTP_CONTENT_LENGTH']) {
    if (key in environ) broken(`environ has ${key}; it must be ${key.slice('HTTP_'.length)}`)
  }
  for (const [key, value] of Object.entries(environ)) {
    if (!key.includes('.') && typeof value !== 'string') broken(`environ.${key} must be a string, got ${show(value)}`)
  }
  const { SCRIPT_NAME, PATH_INFO, CONTENT_LENGTH, REQUEST_METHOD } = environ
  if (!/^[!#$%&'*+\-.^\w`|~]+$/.test(REQUEST_METHOD)) broken(`${show(REQUEST_METHOD)} is not a method`)
  if (SCRIPT_NAME !== '' && !/^\/.*[^/]$/s.test(SCRIPT_NAME)) {
    broken(`SCRIPT_NAME must begin with a slash and not end with one, got ${show(SCRIPT_NAME)}`)
  }
  if (PATH_INFO !== '' && PATH_INFO !== '*' && !PATH_INFO.startsWith('/')) {
    broken(`PATH_INFO must begin with a slash, got ${show(PATH_INFO)}`)
  }
  if (SCRIPT_NAME === '' && PATH_INFO === '') broken("where SCRIPT_NAME is empty, PATH_INFO is at least '/'")
  if (CONTENT_LENGTH !== undefined && !/^\d+$/.test(CONTENT_LENGTH)) {
    broken(`CONTENT_LENGTH must be a number, got ${show(CONTENT_LENGTH)}`)
  }
  if (!['http', 'https'].includes(environ['wsgi.url_scheme'])) broken('wsgi.url_scheme must be http or https')
  for (const method of ['read', 'readline', 'readlines'] as const) {
    if (typeof environ['wsgi.input'][method] !== 'function') broken(`wsgi.input has no ${method}`)
  }
  for (const method of ['write', 'writelines', 'flush'] as const) {
    if (typeof environ['wsgi.errors'][method] !== 'function') broken(`wsgi.errors has no ${method}`)
  }
}

function checkStart(status: unknown, headers: unknown): void {
  const { status: code, reason, fields, contentLength } = checkHead(status, headers)
  if (reason.trim() === '') broken(`${show(status)} has no name after the number`)
  const names = fields.filter((_field, index) => index % 2 === 0).map((name) => name.toLowerCase())
  if (names.includes('status')) broken('the status is not a header')
  for (const name of names) {
    if (name.includes('_')) broken(`${show(name)} has an underscore in it: is it a variable of CGI?`)
    if (/[-_]$/.test(name)) broken(`the name ${show(name)} ends in a hyphen`)
  }
  const isBodiless = code === 204 || code === 304
  if (!isBodiless && !names.includes('content-type')) broken('there is no Content-Type')
  if (code === 204 && (names.includes('content-type') || (contentLength ?? 0) > 0)) {
    broken('a response with status 204 has no body, and so no Content-Type and no Content-Length')
  }
}

function broken(rule: string): never {
  throw new GatewayError(`WSGI: ${rule}`)
}
