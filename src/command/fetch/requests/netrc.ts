/** Names and passwords by host, from a file in the format of `netrc`. */
export class Netrc {
  private readonly entries = new Map<string, { login: string; password: string }>()

  constructor(text: string) {
    const words = text.replace(/^macdef[\s\S]*?(?:\n\n|$)/gm, '').match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []
    let entry: { login: string; password: string } | undefined
    for (let index = 0; index < words.length; index++) {
      const word = words[index]!
      if (word === 'machine' || word === 'default') {
        entry = { login: '', password: '' }
        const host = word === 'default' ? '' : unquote(words[++index] ?? '')
        if (!this.entries.has(host)) this.entries.set(host, entry)
      } else if (entry !== undefined && (word === 'login' || word === 'password')) {
        entry[word] = unquote(words[++index] ?? '')
      } else if (word === 'account') index++
    }
  }

  /** `name:password` for a host, `undefined` if it has no entry and there is none for all. */
  find(hostname: string): string | undefined {
    const entry = this.entries.get(hostname) ?? this.entries.get('')
    return entry === undefined ? undefined : `${entry.login}:${entry.password}`
  }
}

function unquote(word: string): string {
  return word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word
}
