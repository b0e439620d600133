import { createHash, type Hash } from 'node:crypto'
import { UsageError } from '../../usage-error.js'

/** A checksum to be made of a body, and what it must be, if that is known. */
export interface ChecksumWish {
  readonly kind: string
  readonly expected: string | undefined
}

const LENGTHS: Readonly<Record<string, number>> = { md5: 32, sha1: 40, sha256: 64, sha512: 128 }

/** Reads `sha256`, `sha256=HEX` or `sha256:HEX`. @throws UsageError. */
export function parseChecksum(option: string, text: string): ChecksumWish {
  const [, name = '', expected] = /^([a-z]+-?\d+)(?:[=:]([\da-f]+))?$/i.exec(text) ?? []
  const kind = name.toLowerCase().replace('-', '')
  const length = LENGTHS[kind]
  if (length === undefined) {
    throw new UsageError(
      `${option} must be md5, sha1, sha256 or sha512, perhaps with =HEX, got ${JSON.stringify(text)}`,
    )
  }
  if (expected !== undefined && expected.length !== length) {
    throw new UsageError(`${option}: a checksum of ${kind} has ${length} digits, got ${expected.length}`)
  }
  return { kind, expected: expected?.toLowerCase() }
}

/** Makes the checksum of what is added. */
export class Checksum {
  private readonly hash: Hash

  constructor(readonly wish: ChecksumWish) {
    this.hash = createHash(wish.kind)
  }

  add(data: Uint8Array): void {
    this.hash.update(data)
  }

  /** `sha256:HEX`. */
  end(): string {
    return `${this.wish.kind}:${this.hash.digest('hex')}`
  }
}
