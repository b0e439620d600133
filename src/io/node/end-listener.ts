import { Socket as NodeSocket } from 'node:net'

type EndListener = (this: NodeSocket) => void

/** The function with which Node listens for the end of each of its sockets. */
let own: EndListener | undefined

/** Does what Node does itself when the other side has ended the stream of a socket. @internal */
export function endAsNode(this: NodeSocket): void {
  own?.call(this)
}

/**
 * Has `listener` listen for the end of what `node` reads in place of Node's own function, which it has to call: see
 * {@link endAsNode}. Two listeners are a list of them, and 64 bytes for each connection.
 * @internal
 */
export function replaceEndListener(node: NodeSocket, listener: EndListener): void {
  own ??= new NodeSocket().listeners('end')[0] as EndListener | undefined
  if (own !== undefined) node.off('end', own)
  node.on('end', listener)
}

/** Has Node's own function listen again. @internal */
export function restoreEndListener(node: NodeSocket, listener: EndListener): void {
  node.off('end', listener)
  if (own !== undefined) node.on('end', own)
}
