/** What a program that imports `gvent` does not load at once: some modules of Node's, and parts of the package. */

/** Modules of Node's that it has loaded before a program begins, and whose exports cost nothing to read. All others are loaded late. */
export const loadedAnyhow = ['async_hooks', 'buffer', 'events', 'module', 'path', 'timers', 'url']

/** What few programs use at once, by the folders and files where it begins, of dist or of src. */
export const parts = {
  http: ['io/http/', 'io/wsgi/'],
  cluster: ['io/cluster/'],
  subprocess: ['io/subprocess/'],
  threads: ['io/threads/'],
  monitoring: ['io/monitoring/'],
  fetch: ['io/fetch/'],
  datagrams: ['io/net/datagrams/', 'io/servers/datagram-server.js'],
  net: ['io/net/', 'io/servers/'],
  observing: [
    ...['blocked-loop', 'blocked-loop-cells'].map((name) => `io/diagnostics/${name}.js`),
    ...['hub-events', 'messages', 'method-hook', 'shown-names'].map((name) => `io/observing/events/${name}.js`),
    ...['locate-code', 'start-thread', 'thread-programs'].map((name) => `io/node/process/${name}.js`),
  ],
  coordination: [
    ...['barrier', 'condition', 'lock-cycle', 'wait-group'].map((name) => `scheduler/sync/${name}.js`),
    ...['broadcast', 'lifo-queue', 'priority-queue', 'subscription', 'watch'].map(
      (name) => `scheduler/queues/${name}.js`,
    ),
  ],
  races: ['combinators', 'each', 'iwait', 'with-timeout', 'within'].map((name) => `scheduler/waits/${name}.js`),
  scopes: [
    ...['acquire-release', 'imap-results', 'join-group', 'mapping-run', 'owned-resources', 'place-attempts'],
    ...['pool-mapping', 'scope', 'source'],
  ].map((name) => `scheduler/groups/${name}.js`),
  policies: ['scheduler/policies/'],
  supervision: ['scheduler/groups/supervis'],
  reports: ['scheduler/reports/'],
  advice: ['scheduler/stacks/advice/'],
}

/** Modules there that are needed to know an error or an option, for each answer of a server, or by another part at once. */
export const kept =
  /\/(?:index|install|listed|report-forgotten|errors|socket-errors|network|options|delegating-pool|application|fields|fast-response|lazy-response)\.js$/
