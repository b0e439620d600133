/** A command of `gvent`, whose code is loaded when it runs. */
export interface Command {
  name: string
  /** Its name and arguments, as `gvent --help` prints them. */
  usage: string
  /** One line. */
  summary: string
  /** Runs it with the arguments after its name; sets `process.exitCode` if it fails. */
  run: (args: string[]) => Promise<void>
}

/** All commands, in the order of `gvent --help`. */
export const commands: readonly Command[] = [
  {
    name: 'fetch',
    usage: 'fetch [options] [URL...]',
    summary: 'fetch many URLs at once; gvent fetch --help',
    run: async (args) => {
      const { runFetch } = await import('./fetch/main.js')
      await runFetch(args)
    },
  },
  {
    name: 'worker',
    usage: 'worker [options] MODULE',
    summary: 'run the jobs of an engine in several processes; gvent worker --help',
    run: async (args) => {
      const { main } = await import('./worker/main.js')
      await main(args)
    },
  },
  {
    name: 'jobs',
    usage: 'jobs <command> [ID...]',
    summary: 'list, inspect, put back or drop the dead letters of gvent/jobs; gvent jobs --help',
    run: async (args) => {
      const { main } = await import('./jobs/main.js')
      await main(args)
    },
  },
  {
    name: 'ps',
    usage: 'ps [--ask]',
    summary: 'list the processes that use gvent',
    run: async (args) => (await import('./ps/ps.js')).ps(args),
  },
  {
    name: 'dump',
    usage: 'dump [options] PID',
    summary: 'print every greenlet of a running process, what it waits for, and where',
    run: async (args) => (await import('./dump/dump.js')).dump(args),
  },
  {
    name: 'top',
    usage: 'top [options] PID',
    summary: 'watch the greenlets of a running process, by group; --once, --json',
    run: async (args) => (await import('./top/top.js')).top(args),
  },
  {
    name: 'trace',
    usage: 'trace [options] PID',
    summary: 'record what the greenlets of a running process do, as a trace for Perfetto; --for 5s --output FILE',
    run: async (args) => (await import('./trace/trace.js')).trace(args),
  },
  {
    name: 'console',
    usage: 'console [options] PID',
    summary: 'serve a page that shows a running process: what jams, who waits for whom, each greenlet',
    run: async (args) => (await import('./console/console.js')).console(args),
  },
  {
    name: 'explain',
    usage: 'explain [ERROR]',
    summary: 'explain an error, by its code or class, and how to fix it',
    run: async ([error]) => {
      const { printExplanation } = await import('./explain.js')
      printExplanation(error)
    },
  },
]
