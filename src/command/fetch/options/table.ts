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
  readonly text: string
}

/** All options, by the headings of `--help`. */
export const optionTable: Readonly<Record<string, readonly OptionRow[]>> = {
  Input: [
    {
      name: 'file',
      value: 'FILE',
      example: 'urls.txt',
      repeatable: true,
      text: 'read URLs from FILE, one a line; - is standard input. Empty lines and lines that begin with # do not count',
    },
  ],
  Requests: [
    {
      name: 'header',
      short: 'H',
      value: 'LINE',
      example: "'Accept: text/html'",
      repeatable: true,
      text: "send the header 'Name: value'; 'Name:' sends none of that name; @FILE reads lines",
    },
    { name: 'user-agent', short: 'A', value: 'TEXT', example: 'robot/1.0', text: 'send TEXT as User-Agent' },
    {
      name: 'user',
      short: 'u',
      value: 'NAME:PASSWORD',
      example: 'alice:secret',
      text: 'authenticate (Basic); without a password GVENT_FETCH_PASSWORD has it',
    },
    { name: 'netrc', short: 'n', text: 'take names and passwords from ~/.netrc' },
    { name: 'netrc-file', value: 'FILE', example: '.netrc', text: 'take them from FILE' },
    {
      name: 'request',
      short: 'X',
      alias: 'method',
      value: 'METHOD',
      example: 'PUT',
      text: 'use METHOD: GET unless given, POST with data',
    },
    { name: 'head', short: 'I', text: 'ask for the head only' },
    {
      name: 'data',
      short: 'd',
      value: 'DATA',
      example: 'name=value',
      repeatable: true,
      text: 'send DATA as a form; @FILE sends a file, @- standard input; several are joined by &',
    },
    { name: 'json-body', value: 'JSON', example: '\'{"a": 1}\'', text: 'send JSON, or that of @FILE' },
    {
      name: 'cookie',
      short: 'b',
      value: 'DATA',
      example: 'name=value',
      repeatable: true,
      text: "send the cookies 'name=value; ...', or those of a jar, if it is the name of a file",
    },
    {
      name: 'cookie-jar',
      short: 'c',
      value: 'FILE',
      example: 'cookies.txt',
      text: 'keep cookies in FILE (Netscape format): read if it is there, written at the end',
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
      text: 'show the certificate in FILE to servers',
    },
    { name: 'key', value: 'FILE', example: 'client.key', text: 'its key, if that is in another file' },
    { name: 'insecure', short: 'k', text: 'take any certificate' },
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
      text: 'use this proxy, not that of http_proxy, https_proxy, all_proxy',
    },
    {
      name: 'noproxy',
      value: 'LIST',
      example: 'localhost,example.com',
      text: 'hosts without a proxy, not those of no_proxy; * for all',
    },
    { name: 'max-redirects', value: 'N', example: '5', text: 'follow N redirects of a URL at most (default 10)' },
    {
      name: 'continue',
      short: 'C',
      text: 'keep the part of a file that came, and ask only for the rest next time, if the page is still the same (ETag, If-Range); needs --output',
    },
  ],
  Output: [
    {
      name: 'output',
      short: 'o',
      value: 'PATH',
      example: "'pages/{host}/{path}'",
      text: 'save bodies: in the folder PATH, or as a template says: {n} {host} {path} {name}. - writes bodies to standard output',
    },
    {
      name: 'checksum',
      value: 'KIND[=HEX]',
      example: 'sha256',
      text: 'note the checksum (md5, sha1, sha256, sha512) of each body; with HEX a body with another one has failed',
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
      text: 'fetch only what that manifest does not have, and go on with it',
    },
    { name: 'har', value: 'FILE', example: 'run.har', text: 'write all requests as an HTTP archive' },
    { name: 'json', text: 'print results as lines of JSON' },
    { name: 'quiet', short: 'q', text: 'say nothing but results and errors' },
    { name: 'verbose', short: 'v', text: 'tell each attempt, redirect and pause' },
  ],
  Limits: [
    { name: 'concurrency', value: 'N', example: '10', text: 'N requests at once at most (default 10)' },
    { name: 'per-host', value: 'N', example: '2', text: 'N requests to one host at once at most' },
    { name: 'rate', value: 'N', example: '100', text: 'start N requests a second at most; 600/m for a minute' },
    { name: 'rate-per-host', value: 'N', example: '5', text: 'the same for each host' },
    { name: 'timeout', short: 'm', value: 'TIME', example: '30s', text: 'for an attempt in all (default: no limit)' },
    { name: 'connect-timeout', value: 'TIME', example: '5s', text: 'for look-up, connection and TLS (default 10)' },
    { name: 'idle-timeout', value: 'TIME', example: '10s', text: 'for a time in which nothing comes (default 30)' },
    { name: 'max-size', value: 'SIZE', example: '10MB', text: 'give up a body that is larger, decompressed too' },
    {
      name: 'retries',
      value: 'N',
      example: '3',
      text: 'repeat a failed attempt N times (default 0), after about 0.25 s, 0.5 s, 1 s... or when Retry-After says so',
    },
    {
      name: 'retry-on',
      value: 'LIST',
      example: '429,5xx,timeout',
      text: 'what to repeat: statuses (503, 5xx) and dns, connect, tls, reset, timeout (default 408,425,429,5xx,dns,connect,reset,timeout)',
    },
    { name: 'fail-fast', text: 'stop at the first failure' },
    { name: 'max-errors', value: 'N', example: '10', text: 'stop at N failures' },
  ],
  Others: [
    {
      name: 'simulate',
      value: 'SEED',
      example: '1',
      text: 'run on a simulated network with faults, which the number SEED decides; nothing is really fetched',
    },
    { name: 'version', short: 'V', text: 'print the version' },
    { name: 'help', short: 'h', text: 'print this' },
  ],
}

/** All options in one list. */
export const optionRows: readonly OptionRow[] = Object.values(optionTable).flat()
