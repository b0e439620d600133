import { createRequire } from 'node:module'

/** Loads a module of Node's when it is needed, which takes long for some. */
export const loadBuiltin = createRequire(import.meta.url) as (name: `node:${string}`) => unknown
