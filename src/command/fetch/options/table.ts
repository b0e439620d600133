/** An option of the command line. */
export interface OptionRow {
  readonly name: string
  readonly short?: string
  /** Another name for it. */
  readonly alias?: string
  /** Its value in words; without one it is a switch. */
  readonly value?: string
  /** An example of a value, for mistakes. */
  readonly example?: string
  readonly repeatable?: boolean
  /** The form of its value, if that may be left out. */
  readonly optional?: RegExp
  readonly text: string
}

/** An address of an engine, or a file with one; web pages are what is fetched. */
const ENGINE = /^(?:@|(?!https?:)[a-z]+:)/i

/** All options, by the headings of `--help`. */
export const optionTable: Readonly<Record<string, readonly OptionRow[]>> = {
  Input: [
    {
      name: 'file',
      value: 'FILE',
      example: 'urls.txt',
      repeatable: true,
      text: 'read URLs from FILE, one per line; - is standard input. Empty lines and lines that begin with # are skipped',
    },
  ],
  Requests: [
    {
      name: 'header',
      short: 'H',
      value: 'LINE',
      example: "'Accept: text/html'",
      repeatable: true,
      text: "send the header 'Name: value'; 'Name:' removes that header; @FILE reads lines",
    },
    { name: 'user-agent', short: 'A', value: 'TEXT', example: 'robot/1.0', text: 'send TEXT as User-Agent' },
    {
      name: 'user',
      short: 'u',
      value: 'NAME:PASSWORD',
      example: 'alice:secret',
      text: 'authenticate (Basic); the password can be in GVENT_FETCH_PASSWORD instead',
    },
    { name: 'netrc', short: 'n', text: 'read names and passwords from ~/.netrc' },
    { name: 'netrc-file', value: 'FILE', example: '.netrc', text: 'read them from FILE' },
    {
      name: 'request',
      short: 'X',
      alias: 'method',
      value: 'METHOD',
      example: 'PUT',
      text: 'use METHOD (default: GET, or POST with data)',
    },
    { name: 'head', short: 'I', text: 'fetch only the headers' },
    {
      name: 'data',
      short: 'd',
      value: 'DATA',
      example: 'name=value',
      repeatable: true,
      text: 'send DATA as a form; @FILE sends a file, @- standard input; several are joined by &',
    },
    { name: 'json-body', value: 'JSON', example: '\'{"a": 1}\'', text: 'send JSON, or the JSON in @FILE' },
    {
      name: 'cookie',
      short: 'b',
      value: 'DATA',
      example: 'name=value',
      repeatable: true,
      text: "send the cookies 'name=value; ...', or those in the cookie jar of that name",
    },
    {
      name: 'cookie-jar',
      short: 'c',
      value: 'FILE',
      example: 'cookies.txt',
      text: 'keep cookies in FILE (Netscape format): read if it exists, written at the end',
    },
    {
      name: 'cacert',
      value: 'FILE',
      example: 'ca.pem',
      text: 'trust the certificates in FILE instead of the usual ones',
    },
    {
      name: 'cert',
      short: 'E',
      value: 'FILE[:PASSWORD]',
      example: 'client.pem',
      text: 'present the client certificate in FILE to servers',
    },
    {
      name: 'key',
      value: 'FILE',
      example: 'client.key',
      text: 'the key of that certificate, if it is in another file',
    },
    { name: 'insecure', short: 'k', text: 'accept any certificate' },
    {
      name: 'resolve',
      value: 'HOST:PORT:ADDRESS',
      example: 'example.com:443:127.0.0.1',
      repeatable: true,
      text: 'connect to ADDRESS for that host and port (* for any port)',
    },
    {
      name: 'proxy',
      short: 'x',
      value: 'URL',
      example: 'http://localhost:3128',
      text: 'use this proxy instead of http_proxy, https_proxy, all_proxy',
    },
    {
      name: 'noproxy',
      value: 'LIST',
      example: 'localhost,example.com',
      text: 'use no proxy for these hosts, instead of no_proxy; * for all',
    },
    { name: 'max-redirects', value: 'N', example: '5', text: 'follow at most N redirects per URL (default 10)' },
    {
      name: 'continue',
      short: 'C',
      text: 'keep partial files and request only the rest next time, if the page has not changed (ETag, If-Range); needs --output',
    },
  ],
  Output: [
    {
      name: 'output',
      short: 'o',
      value: 'PATH',
      example: "'pages/{host}/{path}'",
      text: 'save bodies in the folder PATH, or under names from a template: {n} {host} {path} {name}. - writes bodies to standard output',
    },
    {
      name: 'checksum',
      value: 'KIND[=HEX]',
      example: 'sha256',
      text: 'record the checksum (md5, sha1, sha256, sha512) of each body; with =HEX, fail the bodies that do not match',
    },
    {
      name: 'manifest',
      value: 'FILE',
      example: 'manifest.jsonl',
      text: 'write a line of JSON for each URL: status, times, size, file, attempts, error',
    },
    {
      name: 'resume',
      value: 'FILE',
      example: 'manifest.jsonl',
      text: 'skip what is in this manifest already, and append to it',
    },
    { name: 'har', value: 'FILE', example: 'run.har', text: 'write all requests as an HTTP archive' },
    { name: 'json', text: 'print results as lines of JSON' },
    { name: 'quiet', short: 'q', text: 'print only results and errors' },
    { name: 'verbose', short: 'v', text: 'print each attempt, redirect and pause' },
  ],
  Limits: [
    { name: 'concurrency', value: 'N', example: '10', text: 'at most N requests at once (default 10)' },
    { name: 'per-host', value: 'N', example: '2', text: 'at most N requests at once to one host' },
    { name: 'rate', value: 'N', example: '100', text: 'start at most N requests per second; 600/m: per minute' },
    { name: 'rate-per-host', value: 'N', example: '5', text: 'the same, per host' },
    { name: 'timeout', short: 'm', value: 'TIME', example: '30s', text: 'limit for a whole attempt (default: none)' },
    {
      name: 'connect-timeout',
      value: 'TIME',
      example: '5s',
      text: 'limit for lookup, connection and TLS (default 10)',
    },
    { name: 'idle-timeout', value: 'TIME', example: '10s', text: 'limit for a pause in the data (default 30)' },
    { name: 'max-size', value: 'SIZE', example: '10MB', text: 'fail bodies that are larger, after decompression too' },
    {
      name: 'retries',
      value: 'N',
      example: '3',
      text: 'retry a failed URL up to N times (default 0), after about 0.25 s, 0.5 s, 1 s... or as Retry-After says',
    },
    {
      name: 'retry-on',
      value: 'LIST',
      example: '429,5xx,timeout',
      text: 'what to retry: statuses (503, 5xx) and dns, connect, tls, reset, timeout (default 408,425,429,5xx,dns,connect,reset,timeout)',
    },
    { name: 'fail-fast', text: 'stop at the first failure' },
    { name: 'max-errors', value: 'N', example: '10', text: 'stop at N failures' },
  ],
  'Several machines': [
    {
      name: 'enqueue',
      value: '[ENGINE]',
      example: 'redis://localhost',
      optional: ENGINE,
      text: 'fetch nothing, but put the URLs into an engine, from which gvent worker --fetch takes them; ENGINE is redis://host, postgres://host/db, nats://host, amqp://host or sqlite:FILE, by default that of GVENT_ENGINE',
    },
    {
      name: 'collect',
      value: '[ENGINE]',
      example: 'redis://localhost',
      optional: ENGINE,
      text: 'wait until the workers have fetched the URLs, and account for each once: lines, --manifest, --resume, summary',
    },
    {
      name: 'engine-file',
      value: 'FILE',
      example: 'engine.txt',
      text: 'read ENGINE from FILE; a password belongs there or into GVENT_ENGINE',
    },
    {
      name: 'name',
      value: 'NAME',
      example: 'pages',
      text: "which queue (default 'fetch'): one for each list at a time",
    },
  ],
  Others: [
    {
      name: 'simulate',
      value: 'SEED',
      example: '1',
      text: 'fetch nothing: run on a simulated network whose faults are determined by the number SEED',
    },
    { name: 'version', short: 'V', text: 'print the version' },
    { name: 'help', short: 'h', text: 'print this' },
  ],
}

/** All options in one list. */
export const optionRows: readonly OptionRow[] = Object.values(optionTable).flat()
