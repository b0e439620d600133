import type { Part } from './part.js'
import { childProcessPart } from './patch-child-process.js'
import { dnsPart } from './patch-dns.js'
import { fetchPart } from './patch-fetch.js'
import { httpPart } from './patch-http.js'
import { netPart } from './patch-net.js'
import { eventsPart } from './patch-once.js'
import { promisePart } from './patch-promise.js'
import { streamsPart } from './patch-streams.js'
import { timersPart } from './patch-timers.js'
import { tlsPart } from './patch-tls.js'

/** What can be patched or left alone. */
export type PartName =
  'childProcess' | 'dns' | 'events' | 'fetch' | 'http' | 'net' | 'promise' | 'streams' | 'timers' | 'tls'

/** All of it, in the order in which it is patched. */
export const parts: readonly Part[] = [
  fetchPart,
  netPart,
  tlsPart,
  httpPart,
  dnsPart,
  timersPart,
  childProcessPart,
  eventsPart,
  streamsPart,
  promisePart,
]
