import {
  serveBare,
  serveFastify,
  serveGateway,
  serveGreenNode,
  serveGreenWeb,
  serveHono,
  servePlatforms,
} from '../serving/hello-servers.js'
import type { ServerWork } from '../work.js'

const hello = {
  unit: 'ns',
  load: 'http',
  measure: 'load',
  connections: 50,
  operations: 50_000,
  warmups: 2,
  rounds: 5,
} as const

/** One operation: a request that is answered with a line of text. Every connection has one under way. */
export const nodeTerms: ServerWork = {
  ...hello,
  name: 'http-node',
  title: "hello world in Node's terms, (req, res), on 50 connections at a time",
  peers: [
    { name: 'gvent', note: 'HTTPServer, (request, response)', serve: serveGreenNode },
    { name: 'node:http', note: 'createServer', goal: 1 / 0.97, serve: serveBare },
    { name: 'Fastify', note: 'one route', goal: 1, serve: serveFastify },
  ],
}

export const webTerms: ServerWork = {
  ...hello,
  name: 'http-web',
  title: "hello world in the platform's terms, Response, on 50 connections at a time",
  peers: [
    { name: 'gvent', note: "HTTPServer, gvent's Response", serve: serveGreenWeb },
    {
      name: 'hono',
      note: '@hono/node-server, which puts its own Response in place of the global one',
      goal: 1,
      serve: serveHono,
    },
    { name: "gvent, the platform's Response", note: 'each is made ready to be a stream', serve: servePlatforms },
    { name: 'node:http', note: 'createServer', serve: serveBare },
  ],
}

export const gateway: ServerWork = {
  ...hello,
  name: 'wsgi',
  title: 'hello world as a WSGI application, on 50 connections at a time',
  peers: [
    { name: 'gvent', note: 'WSGIServer, a generator', serve: serveGateway },
    { name: 'node:http', note: 'createServer', goal: 1 / 0.9, serve: serveBare },
    { name: 'gevent', note: 'pywsgi', goal: 1 / 3, operations: 10_000, language: 'python', work: 'wsgi' },
  ],
}
