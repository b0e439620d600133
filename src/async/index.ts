/**
 * Runs the ordinary async functions of a program as greenlets: `node --import gvent/async app.js`. From here on the files of
 * the program are lowered when they are loaded, and those of the packages that its package.json names in
 * `"gvent": { "async": ["some-package"] }`, or the variable `GVENT_ASYNC`; `*` stands for all.
 *
 * @packageDocumentation
 */
import '../io/node/node-host.js'
import './hooks/register.js'

export { greenletOf } from './async-greenlet.js'
export { killOnDisconnect, type KillOnDisconnect, type KillOnDisconnectOptions } from './requests/kill-on-disconnect.js'
