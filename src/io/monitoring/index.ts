export { assertSwitches, FailedToSwitch, type AssertSwitchesOptions } from './assert-switches.js'
export { BackdoorServer, type BackdoorOptions } from './backdoor-server.js'
export {
  addMonitoringFunction,
  addSpawnCallback,
  watchMemory,
  type WatchMemoryOptions,
} from './monitoring-functions.js'
export { printRunInfo, rememberFinished, type RunInfoOptions } from './run-info.js'
