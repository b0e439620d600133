import type { Work } from './work.js'
import { crowd } from './works/crowd.js'
import { depth } from './works/depth.js'
import { handOff } from './works/handOff.js'
import { memory } from './works/memory.js'
import { sleeping } from './works/sleep.js'
import { spawning } from './works/spawn.js'
import { switching } from './works/switch.js'
import { timeout } from './works/timeout.js'

/** All that is measured of the kernel, in the order of the table. */
export const works: readonly Work[] = [switching, handOff, spawning, depth, timeout, sleeping, memory, crowd]
