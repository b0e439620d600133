import type { Work } from './work.js'
import { acquiring } from './works/acquire.js'
import { accept } from './works/accept.js'
import { awaitingPending, awaitingSettled, calling, joining, pendingMemory } from './works/async.js'
import { depth } from './works/depth.js'
import { echo } from './works/echo.js'
import { exploration, firstExploration } from './works/exploration.js'
import { fetcher, fetching, fetchingTime } from './works/fetch.js'
import { handOff } from './works/handOff.js'
import { gateway, nodeTerms, webTerms } from './works/http.js'
import { idleMemory, idleTime, latency } from './works/idle.js'
import { memory } from './works/memory.js'
import { crowd, crowdMemory, crowdSpawn } from './works/scaling.js'
import { sleeping } from './works/sleep.js'
import { spawning } from './works/spawn.js'
import { download, upload } from './works/streaming.js'
import { switching } from './works/switch.js'
import { timeout } from './works/timeout.js'

/** Works about one subject, which are measured together and have a page of the documentation. */
export interface Suite {
  readonly title: string
  readonly works: readonly Work[]
}

/** All that is measured, in the order of the tables. */
export const suites: Readonly<Record<string, Suite>> = {
  kernel: { title: 'The kernel', works: [switching, handOff, acquiring, spawning, depth, timeout, sleeping, memory] },
  scaling: { title: 'From a thousand to a million tasks', works: [crowd, crowdSpawn, crowdMemory] },
  sockets: { title: 'Sockets', works: [echo, upload, download, accept, idleMemory, idleTime, latency] },
  http: { title: 'HTTP servers', works: [nodeTerms, webTerms, gateway] },
  fetcher: { title: 'Fetching', works: [fetching, fetchingTime, fetcher] },
  async: {
    title: 'Async functions',
    works: [awaitingSettled, awaitingPending, calling, joining, pendingMemory],
  },
  testing: { title: 'Searching schedules', works: [exploration, firstExploration] },
}

export const works: readonly Work[] = Object.values(suites).flatMap((suite) => suite.works)
