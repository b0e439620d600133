import type { IncomingMessage } from 'node:http'

/**
 * The head of a request as its client sent it, except that it does not ask for another protocol any more.
 * @internal
 */
export function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    const value = rawHeaders[index + 1]!
    head += `${name}: ${name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value}\r\n`
  }
  return Buffer.from(`${head}\r\n`, 'latin1')
}

function withoutUpgrade(tokens: string): string {
  return tokens
    .split(',')
    .filter((token) => token.trim().toLowerCase() !== 'upgrade')
    .join(',')
}
