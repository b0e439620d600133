import '../stacks/advice/install.js'
import { Named } from '../checks/named.js'
import { showAs } from '../checks/node-inspect.js'
import { described } from '../checks/show.js'
import { Greenlet } from '../greenlets/greenlet.js'
import { Hub } from '../kernel/hub.js'
import { Operation } from '../kernel/operation.js'
import { reporter } from '../kernel/reporter.js'
import { Timeout } from '../kernel/timeout.js'
import { AsyncResult } from '../sync/async-result.js'
import { reportLockCycle } from '../sync/lock-cycle.js'
import { Permit } from '../sync/acquirable.js'
import { inspection } from './dump.js'
import { watchForgotten } from './forgotten-waits.js'
import { forgotten } from './report-forgotten.js'

reporter.reportLockCycle = (lock, wait) => {
  reportLockCycle(lock, wait)
}
forgotten.watch = () => watchForgotten()

// How objects of the scheduler look in Node, and while a page is being written. In production a page prints none.
showAs(Operation, (operation: Operation<unknown>) => `<${described(operation)}>`)
showAs(Greenlet, (greenlet) => inspection(greenlet))
showAs(Hub, ({ alive }) => `<Hub ${alive} greenlets alive>`)
showAs(Timeout, (timeout) => timeout.stack ?? String(timeout))
showAs(Named, (named) => `<${named.toString()} ${named.summary()}>`)
showAs(Permit, (permit) => `<${permit.toString()}, ${permit.held ? 'held' : 'released'}>`)
showAs(AsyncResult, (result) => `<${result.toString()} ${result.summary()}>`)
