import { atomicity } from './atomicity.js'
import { bridges } from './bridges.js'
import type { Case } from './case.js'
import { collections } from './collections.js'
import { coordination } from './coordination.js'
import { lifetime } from './lifetime.js'
import { waiting } from './waiting.js'

export type { Case } from './case.js'
export { network as corpusOverNetwork } from './network.js'

/** Programs with the bugs that every kind of concurrency has. */
export const corpus: readonly Case[] = [
  ...atomicity,
  ...bridges,
  ...collections,
  ...coordination,
  ...lifetime,
  ...waiting,
]
