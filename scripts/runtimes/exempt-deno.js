/** Tests that Deno cannot pass, by file or folder and name, each with the reason; `*` are all of a file, which is not run. */

// Deno stays in its loop of immediates.
const places = 'finds the place of a call by the stack of a timer, a socket or a fetch of Node'
const immediates = 'loops over immediates for ever, and Deno polls no socket meanwhile'
const ending = 'ends a program in the turn in which nothing is left: Deno takes one more'
const memory = 'measures with process.memoryUsage, which counts what is not collected yet'
const program = 'starts Node with options of its own'

export const exempt = {
  'test/scheduler/greenlets/daemon.test.ts': { 'while something else goes on, the timers of daemons ring': ending },
  'test/scheduler/groups/imap.test.ts': { 'memory follows what was not read, and not the number of items': memory },
  'test/scheduler/kernel/fairness.test.ts': { '*': immediates },
  'test/scheduler/kernel/memory.test.ts': { 'a million greenlets, one after another, keep nothing': program },
  'test/scheduler/kernel/stack.test.ts': {
    'where the intrinsics of the language are frozen, greenlets run, and know where they were spawned': program,
  },
  'test/scheduler/reports/forgotten-waits.test.ts': {
    'a call whose operation is dropped is named, with its place': places,
    'what the library makes for itself in passing is not reported': places,
    'calls that act at once need no wait': places,
    'an operation that is collected is reported while the program goes on': program,
  },
}
