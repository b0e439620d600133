import './kernel/timers/program-timers.js'
import './reports/install.js'

/** `gvent/scheduler` while a page is being written: the same names, with all that errors and reports can say. */
export * from './index.js'
