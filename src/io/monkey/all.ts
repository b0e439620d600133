/** `import 'gvent/monkey/all'` patches all that can be patched, and tells the compiler what can be waited for since. */
import '../node-host.js'
import type { Wait } from '../../scheduler/operation.js'
import { patchAll } from './patch-all.js'

declare global {
  interface Promise<T> {
    /** Waits for the promise in a greenlet: `yield* promise`. */
    [Symbol.iterator](): Wait<T>
  }

  interface Response {
    // The types of Node have `unknown` here, those of the DOM `any`.
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    json(): Promise<any>
  }
}

patchAll()
