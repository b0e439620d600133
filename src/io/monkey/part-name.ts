/** The name of a part that can be patched or left alone. */
export type PartName =
  'childProcess' | 'dns' | 'events' | 'fetch' | 'http' | 'net' | 'promise' | 'streams' | 'timers' | 'tls'
