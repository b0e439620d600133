/** A function that is called when a signal arrives. @internal */
export type SignalListener = (signal: NodeJS.Signals) => void

/** The listeners that asked for a signal by name, and those that take it when no other did. */
interface Listeners {
  readonly named: Set<SignalListener>
  readonly fallback: Set<SignalListener>
}

const listeners = new Map<NodeJS.Signals, Listeners>()

/**
 * Has `listener` told of each `signal`, in place of the default action of the system. All share one listener of Node's;
 * when the last one leaves, the signal does what it did before.
 *
 * @param kind a `'fallback'` receives only signals that have no `'named'` receiver: `run()` ends the
 *   program on SIGTERM, unless the program has a way of its own with SIGTERM.
 * @returns a function that ends it.
 * @internal
 */
export function listenTo(signal: NodeJS.Signals, listener: SignalListener, kind: 'named' | 'fallback'): () => void {
  let entry = listeners.get(signal)
  if (entry === undefined) {
    process.on(signal, deliver)
    entry = { named: new Set(), fallback: new Set() }
    listeners.set(signal, entry)
  }
  const { named, fallback } = entry
  // A function of its own for each call, so that the same one may listen twice.
  const own: SignalListener = (received) => listener(received)
  entry[kind].add(own)
  return () => {
    if (!entry[kind].delete(own) || named.size + fallback.size > 0) return
    listeners.delete(signal)
    process.off(signal, deliver)
  }
}

function deliver(signal: NodeJS.Signals): void {
  const { named, fallback } = listeners.get(signal)!
  for (const listener of Array.from(named.size > 0 ? named : fallback)) listener(signal)
}
