import { OutgoingMessage, ServerResponse } from 'node:http'

/** The members that `@types/node` does not mention. */
interface Inner {
  readonly _send: unknown
}

/**
 * Whether `node:http` sends, limits and pauses as Node's own does. That of Bun does it in ways of its own, and a connection
 * that is handed to its server has no limits of time.
 * @internal
 */
export function isHTTPOfNode(): boolean {
  const { _send: send } = OutgoingMessage.prototype as unknown as Inner
  const inner = ServerResponse.prototype as unknown as Inner
  return inner._send === send && ['_implicitHeader', '_finish', '_flush'].every((name) => name in inner)
}
