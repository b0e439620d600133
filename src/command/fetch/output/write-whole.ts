import { writeSync } from 'node:fs'

/** Writes all of some bytes into a file, where it stands or at `position`. */
export function writeWhole(descriptor: number, bytes: Uint8Array, position?: number): void {
  for (let offset = 0; offset < bytes.length;) {
    const at = position === undefined ? null : position + offset
    offset += writeSync(descriptor, bytes, offset, bytes.length - offset, at)
  }
}
