import '../node-host.js'

export { patchAll, type PatchOptions } from './patch-all.js'
export { patchFetch } from './patch-fetch.js'
export { getOriginal, isPatched, patchModule, unpatchAll } from './patch-module.js'
export { patchPromise } from './patch-promise.js'
