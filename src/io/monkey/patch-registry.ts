import type { Part } from './patch-part.js'
import { childProcessPart } from './patches/patch-child-process.js'
import { dnsPart } from './patches/patch-dns.js'
import { fetchPart } from './patches/patch-fetch.js'
import { httpPart } from './patches/patch-http.js'
import { netPart } from './patches/patch-net.js'
import { eventsPart } from './patch-once.js'
import { promisePart } from './patches/patch-promise.js'
import { streamsPart } from './patches/patch-streams.js'
import { timersPart } from './patches/patch-timers.js'
import { tlsPart } from './patches/patch-tls.js'

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
