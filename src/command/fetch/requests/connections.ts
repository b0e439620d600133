import { createSecureContext, type ConnectionOptions } from 'node:tls'
import { Connections, environmentProxy } from '../../../index.js'
import type { Options } from '../options/options.js'
import { UsageError } from '../../usage-error.js'
import { readText } from './request.js'

/** The connections that the command line wants. @throws UsageError. */
export function connectionsFor({
  cacert,
  cert,
  key,
  insecure,
  resolve,
  proxy,
  noproxy,
  connectTimeout,
}: Options): Connections {
  const addresses = new Map(resolve.map(parseResolve))
  return new Connections({
    connectTimeout: connectTimeout === Infinity ? 0 : connectTimeout,
    tls: { ...trusted(cacert), ...certificate(cert, key), ...(insecure ? { rejectUnauthorized: false } : {}) },
    proxy: chooseProxy(proxy, noproxy),
    resolve:
      addresses.size === 0
        ? undefined
        : (hostname, port) => addresses.get(`${hostname}:${port}`) ?? addresses.get(`${hostname}:*`),
  })
}

const VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']

/** The option stands for all of the variables, and `--proxy ''` for none. */
function chooseProxy(
  proxy: string | undefined,
  noproxy: string | undefined,
): ((url: URL) => string | undefined) | undefined {
  const variables: NodeJS.ProcessEnv = proxy === undefined ? { ...process.env } : { all_proxy: proxy }
  const exceptions = noproxy ?? process.env['no_proxy'] ?? process.env['NO_PROXY']
  if (exceptions !== undefined) variables['no_proxy'] = exceptions
  const given = VARIABLES.filter((name) => (variables[name] ?? '') !== '')
  for (const name of given) checkProxy(proxy === undefined ? name : '--proxy', variables[name]!)
  // Nothing has to be asked about each request then.
  return given.length === 0 ? undefined : environmentProxy(variables)
}

function checkProxy(where: string, text: string): void {
  const url = text.includes('://') ? text : `http://${text}`
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return
  throw new UsageError(`${where} must be the address of a proxy such as http://localhost:3128`)
}

function trusted(file: string | undefined): ConnectionOptions {
  if (file === undefined) return {}
  const ca = readText('--cacert', file)
  // Node takes anything, and trusts nobody then.
  if (!ca.includes('-----BEGIN ')) throw new UsageError(`--cacert ${file} has no certificate in PEM`)
  return checkTls(`--cacert ${file}`, { ca })
}

function certificate(option: string | undefined, key: string | undefined): ConnectionOptions {
  if (option === undefined) return {}
  const [file = '', passphrase] = splitCertificate(option)
  // A file may hold both.
  const keyText = key === undefined ? readText('--cert', file) : readText('--key', key)
  const pair = { cert: readText('--cert', file), key: keyText, ...(passphrase === undefined ? {} : { passphrase }) }
  return checkTls(`--cert ${file}${key === undefined ? '' : ` with --key ${key}`}`, pair)
}

/** Tries whether TLS can be made with it, before anything is fetched. */
function checkTls(what: string, options: ConnectionOptions): ConnectionOptions {
  try {
    createSecureContext(options)
    return options
  } catch (error) {
    throw new UsageError(`${what} cannot be used: ${(error as Error).message.replace(/^error:[^:]*:/, '')}`)
  }
}

function splitCertificate(text: string | undefined): [file?: string, passphrase?: string] {
  if (text === undefined) return []
  // A colon before a slash is one of the path, as in C:/certificate.pem.
  const colon = text.lastIndexOf(':')
  return colon > Math.max(1, text.search(/[/\\][^/\\]*$/)) ? [text.slice(0, colon), text.slice(colon + 1)] : [text]
}

function parseResolve(text: string): [string, string] {
  const [, host, port, address] = /^([^:]+):(\d+|\*):\[?([^[\]]+)\]?$/.exec(text) ?? []
  if (host === undefined || port === undefined || address === undefined) {
    throw new UsageError(`--resolve must be HOST:PORT:ADDRESS, got ${JSON.stringify(text)}`)
  }
  return [`${host.toLowerCase()}:${port}`, address]
}
