import type { Work } from './work.js'
import { accept } from './works/accept.js'
import { crowd } from './works/crowd.js'
import { depth } from './works/depth.js'
import { echo } from './works/echo.js'
import { exploration, firstExploration } from './works/exploration.js'
import { fetching } from './works/fetch.js'
import { handOff } from './works/handOff.js'
import { gateway, nodeTerms, webTerms } from './works/http.js'
import { idleMemory, idleTime, latency } from './works/idle.js'
import { memory } from './works/memory.js'
import { sleeping } from './works/sleep.js'
import { spawning } from './works/spawn.js'
import { download, upload } from './works/streaming.js'
import { switching } from './works/switch.js'
import { timeout } from './works/timeout.js'

/** All that is measured, in the order of the tables. Each suite has a file of results. */
export const suites: Readonly<Record<string, readonly Work[]>> = {
  kernel: [switching, handOff, spawning, depth, timeout, sleeping, memory, crowd, exploration, firstExploration],
  sockets: [echo, upload, download, accept, idleMemory, idleTime, latency],
  http: [nodeTerms, webTerms, gateway, fetching],
}

export const works: readonly Work[] = Object.values(suites).flat()
