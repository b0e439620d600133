import type { Socket as NodeSocket } from 'node:net'
import type { TLSSocket } from 'node:tls'

/** Fields of a TLS socket that Node does not document. Without them it stands for itself, and is taken to be secure. */
interface Inner {
  /** The socket on which it speaks; not there when it has a handle of its own. */
  readonly _parent?: NodeSocket | null
  /** Whether a client waits for the end of its handshake; `false` for the side of a server. */
  readonly secureConnecting?: boolean
}

/** The socket on which `node` speaks TLS, or itself. @internal */
export function nodeBelow(node: NodeSocket): NodeSocket {
  return (node as Inner)._parent ?? node
}

/** Whether the handshake of a client is under way. @internal */
export function isShakingHands(node: TLSSocket): boolean {
  return (node as Inner).secureConnecting === true
}
