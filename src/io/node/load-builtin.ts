import module from 'node:module'

/**
 * Loads a module of Node's when it is needed, which takes long for some. Any file does to make the function, and a bundle that
 * is CommonJS has no URL of its own.
 */
export const loadBuiltin = module.createRequire(process.execPath) as (name: `node:${string}`) => unknown
