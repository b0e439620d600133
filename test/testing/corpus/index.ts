import { atomicity } from './atomicity.js'
import type { Case } from './case.js'
import { lifetime } from './lifetime.js'
import { waiting } from './waiting.js'

/** Programs with the bugs that every kind of concurrency has. */
export const corpus: readonly Case[] = [...atomicity, ...waiting, ...lifetime]
