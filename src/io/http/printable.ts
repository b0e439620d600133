const UNPRINTABLE = /[^\x20-\x7e]/g

/**
 * A text as a log shows it: what a client sends must neither end a line nor move the reader's cursor.
 * @internal
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** The same in quotes, which it cannot end. (Apache does it this way.) @internal */
export function quote(text: string): string {
  return `"${printable(text.replace(/["\\]/g, '\\$&'))}"`
}
