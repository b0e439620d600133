import { constants } from 'node:os'

/** An error as Node makes it of one of the operating system. */
export function systemError(code: string, syscall: string, details: object = {}): Error {
  const { address, port } = details as { address?: string; port?: number }
  const where = address === undefined ? '' : ` ${address}${port === undefined ? '' : `:${port}`}`
  return Object.assign(new Error(`${syscall} ${code}${where}`), { errno: errnoOf(code), code, syscall }, details)
}

/** An error as Node makes it of a name that cannot be looked up. */
export function lookupError(code: string, hostname: string): Error {
  return Object.assign(new Error(`getaddrinfo ${code} ${hostname}`), { code, syscall: 'getaddrinfo', hostname })
}

function errnoOf(code: string): number {
  return -(constants.errno as Readonly<Record<string, number>>)[code]!
}
