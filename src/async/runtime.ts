/**
 * Async functions, async generators and `for await`, made of generators by a compiler and run by gvent. What compiled
 * code calls:
 *
 * | in the program               | in the compiled code                                                       |
 * | ---------------------------- | -------------------------------------------------------------------------- |
 * | `async function f(a) {…}`    | `function f(a) { return start(f$, this, arguments) }`, `function* f$(a) {…}` |
 * | the same, simple parameters  | `function f(a) { return begin(f$.call(this, a)) }`                          |
 * | `await x` in it              | `(yield x)`                                                                |
 * | `async function* g() {…}`    | `function g() { return startGenerator(g$, this, arguments) }`              |
 * | `await x` in it              | `(yield mark(x))`                                                          |
 * | `yield x`, `return x` in it  | as they are; both are awaited                                              |
 * | `return undefined` in it     | `return yield mark(undefined)`: to fall off the end awaits nothing         |
 * | `yield* x` in it             | `(yield* delegate(x))`                                                     |
 * | `for await (… of x)`         | a loop over `asyncIterator(x)` that awaits `next()` and `return()`         |
 *
 * The helpers of each compiler are beside it: `gvent/async/runtime/babel`, `…/esbuild`, `…/oxc`, `…/swc`, `…/tslib`. Those
 * of Babel are here, too.
 *
 * @packageDocumentation
 */
import './install.js'

export { greenletOf } from './async-greenlet.js'
export { killOnDisconnect, type KillOnDisconnect, type KillOnDisconnectOptions } from './requests/kill-on-disconnect.js'
export { begin } from './calls/call.js'
export { start, type Lowered } from './calls/start.js'
export { delegate, mark, startGenerator } from './generators/start.js'
export {
  asyncGeneratorDelegate,
  asyncIterator,
  asyncToGenerator,
  awaitAsyncGenerator,
  wrapAsyncGenerator,
} from './helpers/babel.js'
