/** Other programs: to run one and have what it prints, or to talk to it. (gevent: `gevent.subprocess`.) */

export type { Command } from './command.js'
export { CalledProcessError, CompletedProcess } from './completed-process.js'
export { OutputLimitError, SpawnError, TimeoutExpired } from './errors.js'
export {
  DEVNULL,
  PIPE,
  type CommunicateOptions,
  type Data,
  type PopenOptions,
  type Redirection,
  type RunOptions,
} from './options.js'
export { Output } from './output.js'
export { Popen } from './popen.js'
export { call, checkCall, checkOutput, run } from './run.js'
