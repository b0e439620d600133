/** The state in which undici keeps the body that a `Response` was made of. */
interface State {
  readonly body?: { readonly source?: unknown; readonly stream?: unknown } | null
}

/**
 * Gives the body that a `Response` was made of, when that is a text or bytes and nobody has read it yet: reading it back out of its
 * stream takes longer than the whole rest of an exchange. `null` when it has no body; `undefined` when the body comes in
 * pieces, or cannot be looked into: then it has to be read as a stream. @internal
 */
export function sourceOf(response: Response): string | Uint8Array | null | undefined {
  slot ??= findSlot() ?? null
  const state = slot === null ? undefined : (response as unknown as Record<symbol, State | undefined>)[slot]
  if (state === undefined) return response.body === null ? null : undefined
  const { body } = state
  if (body === null || body === undefined) return null
  if (response.bodyUsed || response.body?.locked === true) return undefined
  const { source } = body
  return typeof source === 'string' || source instanceof Uint8Array ? source : undefined
}

let slot: symbol | null | undefined

function findSlot(): symbol | undefined {
  const probe = new Response('probe') as unknown as Record<symbol, State | undefined>
  return Object.getOwnPropertySymbols(probe).find((symbol) => probe[symbol]?.body?.source === 'probe')
}
