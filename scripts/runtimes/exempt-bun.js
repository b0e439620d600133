/** Tests that Bun cannot pass, by file or folder and name, each with the reason; `*` are all of a file, which is not run. */

// Bun runs on JavaScriptCore.
const frames = 'looks for generators in a stack: JavaScriptCore names them otherwise, or lists none that is parked'
const rendering = 'gives Error.prepareStackTrace functions that fail, which Bun calls at other moments'
const collected = 'collects garbage with --expose-gc'
const memory = 'measures with process.memoryUsage, which counts what is not collected yet'
const endOfStack = 'recurs to the very end of the stack, where JavaScriptCore raises the error at other places'
const profiler = 'counts calls with the profiler of V8'
const runners = 'runs the test runners of Node'

export const exempt = {
  'test/scheduler/groups/roster.test.ts': { '*': collected },
  'test/scheduler/greenlets/greenlet.test.ts': {
    'spawnedAt names the place of the spawn and nothing of the library': frames,
  },
  'test/scheduler/greenlets/greenlet-local.test.ts': {
    'a value goes when its greenlet ends, whoever still refers to that': collected,
    'a value goes with its GreenletLocal, while the greenlet lives on': collected,
  },
  'test/scheduler/groups/imap.test.ts': {
    'memory follows what was not read, and not the number of items': memory,
  },
  'test/scheduler/kernel/errors.test.ts': {
    'an error that nobody observes is reported once, with the name, the stack and the place of the spawn': frames,
  },
  'test/scheduler/kernel/frames.test.ts': {
    'spawning and waking at the very end of the stack leave the hub working': endOfStack,
  },
  'test/scheduler/kernel/kill-swallowed.test.ts': {
    'a greenlet that swallows the kill and waits on is reported after 5 s, and ended by force': frames,
  },
  'test/scheduler/kernel/misuse.test.ts': {
    'the message of a bad yield names the function that is on top': frames,
  },
  'test/scheduler/kernel/stack.test.ts': {
    "a program's own rendering of stacks may give anything, or raise an error: reports come all the same": rendering,
    'where the intrinsics of the language are frozen, greenlets run, and know where they were spawned': frames,
  },
  'test/scheduler/reports/dump-of-ready.test.ts': {
    'dump() shows where a greenlet that was woken stands, and does not resume it': frames,
  },
  'test/scheduler/reports/error-stack.test.ts': {
    'the stack of an error lists the green functions that called the one that raised it': frames,
    'native frames and frames of their own are listed in the order in which they called': frames,
    'that of a timeout leads to the place that waited, and to its callers': frames,
    'that of a kill does so too': frames,
    'an error that a promise rejects with goes on with who waits for it': frames,
    'that of a subclass ends at the hub, too': frames,
    'the place that waits is listed once where the wait fails at once, and who called a plain function is listed':
      frames,
    'what another greenlet did is set apart from the place where the error that came of it is raised': frames,
    'functions that are run for a race or for `all` were called by the one that waits': frames,
    'the cause of an error has its callers as well': frames,
    'lines of a message that look like those of a stack stay in the message': frames,
    'a caller that is parked on a plain `yield` leaves a line that says so': frames,
    'a plain function that gives something to wait for leaves no line: it wrote no `yield`': frames,
    'a Timeout that is used again says where it is raised then': frames,
    'however many native levels wait, none is missing from the stack of a timeout': frames,
    'when the budget is used up stacks are as the engine made them, whole errors at a time': frames,
    'the limit that the program sets for stacks is kept, however many called': frames,
  },
  'test/scheduler/reports/forgotten-waits.test.ts': {
    'a call whose operation is dropped is named, with its place': collected,
    'a function of the program that returns an operation leaves it to its caller': collected,
    'a place is named once, however often it forgets': collected,
    'forgotten waits are reported under node:test, unless switched off': runners,
    'forgotten waits are reported under vitest, unless switched off': runners,
    'forgotten waits are reported under jest, unless switched off': runners,
    'forgotten waits are reported under mocha in parallel, unless switched off': runners,
    'forgotten waits are reported under tap, unless switched off': runners,
    'an operation that a greenlet made and never waited for is named, with its place': collected,
    'a call of a green function, a join and a sleep are found, too': collected,
  },
  'test/scheduler/sync/permit-path.test.ts': {
    'a permit is handed over in 13 calls, and a kill gives it back in 36, with the stack of the exit': profiler,
  },
  'test/scheduler/waits/shield.test.ts': {
    'a greenlet that swallows the kill in a loop of shields is ended by force': frames,
  },
}
