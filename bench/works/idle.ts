import { serveCallbackEcho, serveGreenEcho } from '../serving/echo-servers.js'
import type { ServerWork } from '../work.js'

const MANY = 10_000

/** One operation: an echo server has a connection on which nothing comes. What it holds is measured. */
export const idleMemory: ServerWork = {
  name: 'idle-memory',
  title: '10,000 idle connections: memory of each',
  unit: 'bytes',
  load: 'hold',
  measure: 'memory',
  connections: MANY,
  operations: MANY,
  warmups: 0,
  rounds: 1,
  flags: ['--expose-gc'],
  peers: [
    { name: 'gvent', note: 'parked in recv', serve: serveGreenEcho },
    { name: 'net, callbacks', note: "on('data')", surplus: 1500, serve: serveCallbackEcho },
    { name: 'gevent', note: 'parked in recv; resident memory', language: 'python', work: 'echo' },
    { name: 'Go', note: 'parked in Read; resident memory', language: 'go', work: 'echo' },
  ],
}

/** The processor time that a server takes in a second in which nothing happens. */
export const idleTime: ServerWork = {
  name: 'idle-time',
  title: '10,000 idle connections: processor time in a second',
  unit: 'ns',
  load: 'hold',
  measure: 'idleness',
  connections: MANY,
  operations: MANY,
  warmups: 0,
  rounds: 1,
  peers: [
    { name: 'gvent', atMost: 1e7, serve: serveGreenEcho },
    { name: 'net, callbacks', serve: serveCallbackEcho },
  ],
}

/** How long an echo takes on one of 100 connections, at the 99th percentile, while the others say nothing. */
export const latency: ServerWork = {
  name: 'latency',
  title: 'an echo on 100 of 10,000 connections: 99th percentile',
  unit: 'ns',
  load: 'latency',
  measure: 'load',
  connections: MANY,
  operations: 20_000,
  warmups: 1,
  rounds: 3,
  peers: [
    { name: 'gvent', serve: serveGreenEcho },
    { name: 'gvent, 100 connections', note: 'none is idle', goal: 1.1, connections: 100, serve: serveGreenEcho },
    { name: 'net, callbacks', serve: serveCallbackEcho },
    { name: 'net, 100 connections', dividend: 'net, callbacks', connections: 100, serve: serveCallbackEcho },
  ],
}
