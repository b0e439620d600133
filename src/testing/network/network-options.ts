/** How a simulated network behaves. */
export interface NetworkOptions {
  /** The least and the most that a message takes, in milliseconds: 1 to 10 unless given. */
  readonly latency?: readonly [least: number, most: number] | undefined
  /** Bytes a millisecond; no limit unless given. */
  readonly bandwidth?: number | undefined
  /** How many bytes a connection takes in, in each direction, before they are read: 65,536 unless given. */
  readonly window?: number | undefined
  /** Whether what arrives may come in pieces, as it may on any stream. `true` unless given. */
  readonly shortReads?: boolean | undefined
  /** Whether the network may break connections off. `false` unless given. */
  readonly resets?: boolean | undefined
  /** Whether connections may be refused although somebody listens. `false` unless given. */
  readonly refusals?: boolean | undefined
  /** Whether looking up a name may fail. `false` unless given. */
  readonly lookupFailures?: boolean | undefined
}

/** The options with all that was left out. */
export type Behaviour = { readonly [K in keyof NetworkOptions]-?: NonNullable<NetworkOptions[K]> }

const defaults: Behaviour = {
  latency: [1, 10],
  bandwidth: Infinity,
  window: 65_536,
  shortReads: true,
  resets: false,
  refusals: false,
  lookupFailures: false,
}

/** Adds what was left out. */
export function withDefaults(options: NetworkOptions): Behaviour {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return { ...defaults, ...(Object.fromEntries(given) as Partial<Behaviour>) }
}
