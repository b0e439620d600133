export { ThreadEndedError } from './thread.js'
export { fromModule, type ModuleFunction, type ThreadFunction } from './thread-function.js'
export { ThreadPool, type ThreadPoolOptions, type ThreadPoolStats } from './thread-pool.js'
export { transfer } from './transfer.js'
