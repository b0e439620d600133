/** Headers that say who asks: they go to no other origin than the one that they were meant for, and are never written. */
const SECRET = /authorization|cookie|token|secret|api-?key|password|credential/i

/** Whether the value of a header is a secret. */
export function isSecretHeader(name: string): boolean {
  return SECRET.test(name)
}

/** An address without name and password, for what is written. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/?#]*@/i, '$1//')
}
