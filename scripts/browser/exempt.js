/** Tests that a page cannot pass, by file and name, each with the reason; `*` are all of a file, which is not run. */
const memoryUsage = 'measures with process.memoryUsage'
const nodeEvents = 'looks at unhandled rejections with process.on'
const listeners = 'counts listeners with node:events'

const everywhere = {
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

// Those of Firefox are `name@address:1:2`, without the message, and gvent adds no green callers to them.
const stacks = 'reads a stack as V8 writes it'
const garbage = 'needs a page that can collect garbage'
const recursion = 'too much recursion is an InternalError'
const left = 'finds what the one before left'

/** The tests that only one of the browsers cannot pass. */
const only = {
  chromium: {},
  firefox: {
    'test/scheduler/greenlets/greenlet-local.test.ts': {
      'a value goes when its greenlet ends, whoever still refers to that': garbage,
      'a value goes with its GreenletLocal, while the greenlet lives on': garbage,
      'it shows its name and its value; wrong options are refused': left,
    },
    'test/scheduler/greenlets/greenlet.test.ts': {
      'spawnedAt names the place of the spawn and nothing of the library': stacks,
      'console.log shows what it waits for, for how long, and where it was spawned': stacks,
    },
    'test/scheduler/greenlets/killed-error.test.ts': {
      'it is not taken for a kill of one’s own: the greenlet that waits has failed': stacks,
    },
    'test/scheduler/kernel/errors.test.ts': {
      'an error that nobody observes is reported once, with the name, the stack and the place of the spawn': stacks,
      'the stack of an error through green functions and native frames shows where it was raised': stacks,
      'every error class carries a name and a code, and is an Error': stacks,
    },
    'test/scheduler/kernel/frames.test.ts': {
      'native yield* beyond the depth of the stack raises RangeError, which can be caught; the hub goes on': recursion,
      'recursion without end raises RangeError where it is, and the greenlet can go on': recursion,
      'spawning and waking at the very end of the stack leave the hub working': recursion,
    },
    'test/scheduler/kernel/kill-swallowed.test.ts': {
      'a greenlet that swallows the kill and waits on is reported after 5 s, and ended by force': stacks,
    },
    'test/scheduler/kernel/kill.test.ts': {
      'a killed greenlet that is asked where it was says so in the stack of its GreenletExit': stacks,
    },
    'test/scheduler/kernel/misuse.test.ts': {
      'iwait with a bad limit is refused at once, with what to write': stacks,
      'iwait with a number is refused at once, with what to write': stacks,
    },
    'test/scheduler/kernel/timeout.test.ts': {
      'a timeout is raised where its greenlet waits, with the line in its stack': stacks,
    },
    'test/scheduler/reports/dump-of-ready.test.ts': {
      'dump() shows where a greenlet that was woken stands, and does not resume it': stacks,
      'dump() shows where a greenlet gives way by sleep(0)': stacks,
    },
    'test/scheduler/reports/error-stack.test.ts': { '*': stacks },
    'test/scheduler/sync/lock-cycle.test.ts': {
      'two owners that wait for each other are reported once, at the moment it happens': stacks,
      'a circle of three, and the one who only waits beside it': left,
    },
    'test/scheduler/waits/shield.test.ts': {
      'a greenlet that swallows the kill in a loop of shields is ended by force': stacks,
    },
    'test/testing/cancel-everywhere.test.ts': {
      'a permit that is not released when its holder is killed is found, with the place': stacks,
    },
  },
}

/** The list of a browser. */
export function exemptIn(browser) {
  const all = { ...everywhere }
  for (const [file, tests] of Object.entries(only[browser])) all[file] = { ...all[file], ...tests }
  return all
}
