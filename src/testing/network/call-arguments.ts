/** The arguments of `socket.connect` and `server.listen`, in any of their forms. */
export interface CallArguments {
  readonly options: Readonly<Record<string, unknown>>
  readonly callback: (() => void) | undefined
}

/** Reads the arguments of `socket.connect` or `server.listen` as Node reads them. */
export function readArguments(args: readonly unknown[]): CallArguments {
  const [first, second] = args
  // As `net.connect` passes them on.
  if (Array.isArray(first)) return readArguments(first)
  const last = args.at(-1)
  const callback = typeof last === 'function' ? (last as () => void) : undefined
  if (typeof first === 'object' && first !== null) return { options: first as Record<string, unknown>, callback }
  if (isPath(first)) return { options: { path: first }, callback }
  const port = typeof first === 'function' ? undefined : first
  return { options: { port, ...(typeof second === 'string' && { host: second }) }, callback }
}

/** The port that a value stands for; `undefined` if Node takes it for none. */
export function readPort(value: unknown): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined
  const port = Number(value)
  return Number.isInteger(port) && port >= 0 && port <= 65_535 ? port : undefined
}

// A string that is no number.
function isPath(value: unknown): value is string {
  return typeof value === 'string' && !(Number(value) >= 0)
}
