import { badArgument } from '../../scheduler/checks/bad-argument.js'

/** Names of variables that give the proxy for each kind of address, in the order in which they count. */
const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  'http:': ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
}

/**
 * Makes a choice of proxies, for {@link Connections}, from the usual variables: `http_proxy`, `https_proxy`, `all_proxy` and
 * `no_proxy`, in small or capital letters.
 *
 * ```ts
 * const connections = new Connections({ proxy: environmentProxy() })
 * ```
 *
 * `no_proxy` lists hosts that are connected to directly, separated by commas: `example.com` stands for its subdomains too,
 * `example.com:8080` for one port, `*` for all.
 *
 * @param environment the variables; those of the process unless given.
 * @returns the proxy for an address, `undefined` for none.
 */
export function environmentProxy(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): (url: URL) => string | undefined {
  if (typeof environment !== 'object') {
    throw badArgument('environmentProxy(environment)', 'an object', environment, 'write environmentProxy(process.env)')
  }
  const exceptions = (environment['no_proxy'] ?? environment['NO_PROXY'] ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
  const proxies = new Map(
    Object.entries(VARIABLES).map(([protocol, names]) => [protocol, firstOf(environment, names)] as const),
  )
  return (url) => {
    const proxy = proxies.get(url.protocol)
    return proxy === undefined || exceptions.some((entry) => covers(entry, url)) ? undefined : proxy
  }
}

function firstOf(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): string | undefined {
  for (const name of names) {
    const value = environment[name]
    if (value !== undefined && value !== '') return value.includes('://') ? value : `http://${value}`
  }
  return undefined
}

function covers(entry: string, url: URL): boolean {
  if (entry === '*') return true
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(entry.startsWith('[') ? entry : entry.replace(/^\*?\./, ''))!
  const isPort = port === undefined || port === (url.port === '' ? defaultPort(url) : url.port)
  return isPort && (url.hostname === host || url.hostname.endsWith(`.${host}`))
}

function defaultPort({ protocol }: URL): string {
  return protocol === 'https:' ? '443' : '80'
}
