/**
 * Hides secrets in texts that are printed by themselves: dumps, reports, messages of errors, commands. A text does not say
 * what is secret, so this goes by the places where secrets are written: the query and the user of a URL, what stands
 * beside a name such as `password`, and the values of variables of the environment with such names.
 *
 * Every quantifier has a bound or a delimiter that it cannot pass: a text may be long, and come from anywhere.
 */
const HIDDEN = '***'
const NAME =
  '(?:passw(?:or)?d|passphrase|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|authorization|cookie|credentials?|signature)'

/** `scheme://user:password@host/path?query#fragment`, up to a blank or a quotation mark. */
const URL_IN_TEXT = /\b([a-z][a-z\d+.-]{0,20}):\/\/([^\s"'`<>]+)/gi
/** `/path?query`: the target of a request. */
const TARGET = /(?<=^|[\s"'`])(\/[^\s"'`<>?]*\?)([^\s"'`<>]+)/g
/** `name=value`. */
const ASSIGNMENT = new RegExp(`(${NAME}[\\w-]{0,40}=)("[^"]*"|'[^']*'|[^\\s"'\`&;,]+)`, 'gi')
/** `--name value`. */
const OPTION = new RegExp(`(?<=^|[\\s"'])(--?[\\w-]{0,40}${NAME}\\s{1,4})("[^"]*"|'[^']*'|[^\\s"']+)`, 'gi')
/** `--user name:value`. */
const USER = /(?<=^|\s)((?:-u|--user|--proxy-user)\s{1,4}["']?[^\s:"']{1,100}:)[^\s"']+/g
/** `name: 'value'` in an object. */
const PROPERTY = new RegExp(
  `([{,\\n]\\s{0,40}["']?[\\w$-]{0,40}${NAME}[\\w$-]{0,40}["']?:\\s?)("[^"]*"|'[^']*'|\`[^\`]*\`)`,
  'gi',
)
/** `"name: value"`: a header. */
const HEADER = new RegExp(`(["'][\\w-]{0,40}${NAME}[\\w-]{0,40}:\\s{0,4})([^"'\\n]+)`, 'gi')
/** `Bearer value`. */
const SCHEME = /\b(Bearer|Basic)(\s{1,4})[\w.~+/=-]{4,}/gi

const SECRET_VARIABLE = new RegExp(`${NAME}$`, 'i')
/** A shorter text is found in too many words by chance. */
const SHORTEST = 8

/** Hides what may be secret in a URL, a command, or any other text. @internal */
export function hideSecrets(text: string): string {
  return text
    .replace(URL_IN_TEXT, (url, scheme: string, rest: string) =>
      scheme === 'file' ? url : `${scheme}://${hideInURL(rest)}`,
    )
    .replace(TARGET, (_target, path: string, query: string) => path + hideQuery(query))
    .replace(HEADER, `$1${HIDDEN}`)
    .replace(ASSIGNMENT, `$1${HIDDEN}`)
    .replace(OPTION, `$1${HIDDEN}`)
    .replace(USER, `$1${HIDDEN}`)
    .replace(PROPERTY, `$1'${HIDDEN}'`)
    .replace(SCHEME, `$1$2${HIDDEN}`)
}

/** A folder or file, such as the working directory: hiding it would take the place out of every stack. */
const PLACE_VARIABLE = /^(?:OLD)?PWD$|_(?:FILE|PATH|DIR)$/i

/** The same, for a text that may have come by the environment of this process. @internal */
export function hideKnownSecrets(text: string): string {
  return knownSecretsHider()(text)
}

/** {@link hideKnownSecrets} for many texts: the environment, which is slow to read, is read once. @internal */
export function knownSecretsHider(): (text: string) => string {
  const secrets = Object.entries(process.env).flatMap(([name, value = '']) =>
    value.length >= SHORTEST && SECRET_VARIABLE.test(name) && !PLACE_VARIABLE.test(name) ? [value] : [],
  )
  return (text) => hideSecrets(secrets.reduce((hidden, secret) => hidden.replaceAll(secret, HIDDEN), text))
}

function hideInURL(text: string): string {
  const [, authority = '', path = '', query, fragment = ''] = /^([^/?#]*)(\/[^?#]*)?(\?[^#]*)?(#.*)?$/s.exec(text)!
  const at = authority.lastIndexOf('@')
  const shown = at === -1 ? authority : HIDDEN + authority.slice(at)
  return shown + path + (query === undefined ? '' : `?${hideQuery(query.slice(1))}`) + hideFragment(fragment)
}

function hideFragment(fragment: string): string {
  return fragment.includes('=') ? `#${hideQuery(fragment.slice(1))}` : fragment
}

// In a stack the place in the file follows.
function hideQuery(query: string): string {
  const place = /(?::\d{1,7}){1,2}\)?$/.exec(query)?.[0] ?? ''
  return (
    query
      .slice(0, query.length - place.length)
      .split('&')
      .map(hideValue)
      .join('&') + place
  )
}

function hideValue(parameter: string): string {
  const end = parameter.indexOf('=') + 1
  return parameter === '' ? '' : parameter.slice(0, end) + HIDDEN
}
