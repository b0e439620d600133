import { badArgument } from '../../scheduler/checks/bad-argument.js'

/** @throws TypeError for what cannot be sent as it is. @internal */
export function checkData(data: unknown, where: string): asserts data is string | Uint8Array {
  if (typeof data === 'string' || data instanceof Uint8Array) return
  throw badArgument(where, 'a string or bytes (Buffer, Uint8Array)', data, `write ${asData(data)}`)
}

/** How the same is written as a string or as bytes, for errors. @internal */
export function asData(value: unknown): string {
  // As a text it would be the numbers in it, with commas between.
  if (ArrayBuffer.isView(value)) return 'new Uint8Array(data.buffer, data.byteOffset, data.byteLength)'
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return 'new Uint8Array(data)'
  if (value instanceof Blob) return 'new Uint8Array(yield* until(data.arrayBuffer()))'
  if (Array.isArray(value)) return asDataOfList(value)
  return typeof value === 'object' && value !== null ? 'JSON.stringify(data)' : 'String(value)'
}

function asDataOfList([first]: readonly unknown[]): string {
  if (typeof first === 'number') return 'Uint8Array.from(data)'
  if (first instanceof Uint8Array) return 'Buffer.concat(data)'
  return typeof first === 'string' ? "data.join('')" : 'JSON.stringify(data)'
}
