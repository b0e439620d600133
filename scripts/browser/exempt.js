/** Tests that a page cannot pass, by file and name, each with the reason; `*` are all of a file, which is not run. */
const memoryUsage = 'measures with process.memoryUsage'
const nodeEvents = 'looks at unhandled rejections with process.on'
const listeners = 'counts listeners with node:events'

export const exempt = {
  'test/scheduler/greenlets/killed-error.test.ts': {
    'its cause says where the greenlet was': 'the inspect of the stand-in prints no cause',
  },
  'test/scheduler/groups/imap.test.ts': {
    'memory follows what was not read, and not the number of items': memoryUsage,
  },
  'test/scheduler/kernel/abort-signals.test.ts': { '*': 'replaces functions with the mocks of node:test' },
  'test/scheduler/kernel/until.test.ts': {
    'a kill aborts the signal; a late result is dropped, a late error is no unhandled rejection': nodeEvents,
    'its own timeout aborts the signal; a late result is dropped, a late error is no unhandled rejection': nodeEvents,
    'a timeout around it aborts the signal; a late result is dropped, a late error is no unhandled rejection':
      nodeEvents,
    'a signal aborts the signal; a late result is dropped, a late error is no unhandled rejection': nodeEvents,
  },
  'test/scheduler/kernel/wait-options.test.ts': {
    'no listener is left on a signal, however the wait ends': listeners,
    'an aborted signal is stronger than a value that is there already: nothing is taken':
      'finds what the one before left',
  },
  'test/scheduler/streams/streams.test.ts': {
    '*': 'simulates promises by the hundred: a page does not tell what is under way, so a simulation waits for each with all its patience',
  },
}
