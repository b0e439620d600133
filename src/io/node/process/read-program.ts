import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Reads the file that an address in a stack names; `undefined` when there is none, as for `[eval1]`. */
export function readProgram(address: string): string | undefined {
  try {
    return readFileSync(address.startsWith('file:') ? fileURLToPath(address) : address, 'utf8')
  } catch {
    return undefined
  }
}
