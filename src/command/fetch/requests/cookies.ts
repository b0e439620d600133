interface Cookie {
  readonly name: string
  readonly value: string
  readonly domain: string
  /** Whether it is for subdomains, too. */
  readonly wide: boolean
  readonly path: string
  readonly secure: boolean
  readonly httpOnly: boolean
  /** In seconds since 1970; 0 for the end of the session. */
  readonly expires: number
}

/** Cookies by the rules of RFC 6265, kept in a file of Netscape's format, which curl and wget read, too. */
export class CookieJar {
  private readonly cookies = new Map<string, Cookie>()

  /** Adds what a file has. Lines that are no cookies do not count. */
  load(text: string): void {
    for (const line of text.split('\n')) {
      const httpOnly = line.startsWith('#HttpOnly_')
      if (line.startsWith('#') && !httpOnly) continue
      const fields = line
        .slice(httpOnly ? '#HttpOnly_'.length : 0)
        .replace(/\r$/, '')
        .split('\t')
      if (fields.length < 7) continue
      const [domain, wide, path, secure, expires, name, value] = fields as [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
      ]
      const cookie = { name, value, path, httpOnly, expires: Number(expires) || 0 }
      this.add({
        ...cookie,
        domain: domain.replace(/^\./, '').toLowerCase(),
        wide: wide === 'TRUE',
        secure: secure === 'TRUE',
      })
    }
  }

  /** All cookies in the format of the file. */
  toString(): string {
    const lines = Array.from(this.cookies.values(), (cookie) => {
      const { name, value, domain, wide, path, secure, httpOnly, expires } = cookie
      const fields = [`${wide ? '.' : ''}${domain}`, flag(wide), path, flag(secure), expires, name, value]
      return `${httpOnly ? '#HttpOnly_' : ''}${fields.join('\t')}\n`
    })
    return `# Netscape HTTP Cookie File\n# Written by gvent fetch\n\n${lines.join('')}`
  }

  /** The value of `Cookie` for a page; `undefined` for none. */
  header(url: URL): string | undefined {
    if (this.cookies.size === 0) return undefined
    const now = Date.now() / 1000
    const found: Cookie[] = []
    for (const [key, cookie] of this.cookies) {
      if (cookie.expires !== 0 && cookie.expires <= now) this.cookies.delete(key)
      else if (isFor(cookie, url)) found.push(cookie)
    }
    found.sort((one, other) => other.path.length - one.path.length)
    return found.length === 0 ? undefined : found.map(({ name, value }) => `${name}=${value}`).join('; ')
  }

  /** Keeps what a server sets. */
  store(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const cookie = parse(line, url)
      if (cookie !== undefined) this.add(cookie)
    }
  }

  private add(cookie: Cookie): void {
    const key = `${cookie.domain}\t${cookie.path}\t${cookie.name}`
    if (cookie.expires !== 0 && cookie.expires <= Date.now() / 1000) this.cookies.delete(key)
    else this.cookies.set(key, cookie)
  }
}

function flag(value: boolean): string {
  return value ? 'TRUE' : 'FALSE'
}

function isFor({ domain, wide, path, secure }: Cookie, { hostname, pathname, protocol }: URL): boolean {
  if (secure && protocol !== 'https:') return false
  if (hostname !== domain && !(wide && hostname.endsWith(`.${domain}`))) return false
  return pathname === path || (pathname.startsWith(path) && (path.endsWith('/') || pathname[path.length] === '/'))
}

function parse(line: string, url: URL): Cookie | undefined {
  const [pair = '', ...attributes] = line.split(';')
  const equals = pair.indexOf('=')
  if (equals < 1) return undefined
  const given = new Map(
    attributes.map((attribute) => {
      const [key = '', ...value] = attribute.split('=')
      return [key.trim().toLowerCase(), value.join('=').trim()] as const
    }),
  )
  const asked = given.get('domain')?.replace(/^\./, '').toLowerCase() ?? ''
  const domain = asked === '' ? url.hostname : asked
  // A server sets cookies for itself and the domain that it is in, and not for a whole top-level domain.
  const isOwn = domain === url.hostname
  if (!isOwn && !(url.hostname.endsWith(`.${domain}`) && domain.includes('.'))) return undefined
  const path = given.get('path') ?? ''
  return {
    name: pair.slice(0, equals).trim(),
    value: pair.slice(equals + 1).trim(),
    domain,
    wide: asked !== '' && !/^[\d.]+$|:/.test(domain),
    path: path.startsWith('/') ? path : defaultPath(url),
    secure: given.has('secure'),
    httpOnly: given.has('httponly'),
    expires: expiryOf(given),
  }
}

function defaultPath({ pathname }: URL): string {
  const end = pathname.lastIndexOf('/')
  return end <= 0 ? '/' : pathname.slice(0, end)
}

function expiryOf(given: ReadonlyMap<string, string>): number {
  const age = given.get('max-age')
  if (age !== undefined && /^-?\d+$/.test(age)) return Math.max(1, Math.floor(Date.now() / 1000) + Number(age))
  const date = Date.parse(given.get('expires') ?? '')
  return Number.isNaN(date) ? 0 : Math.max(1, Math.floor(date / 1000))
}
