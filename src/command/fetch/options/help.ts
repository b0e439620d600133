import { optionTable, type OptionRow } from './table.js'

const WIDTH = 79
const COLUMN = 29

/** The text of `--help`. */
export function helpText(): string {
  const sections = Object.entries(optionTable).map(([heading, rows]) => `${heading}:\n${rows.map(entry).join('')}`)
  return `${INTRODUCTION}\n${sections.join('\n')}\n${CONCLUSION}`
}

function entry({ name, short, alias, value, text }: OptionRow): string {
  const names = `${short === undefined ? '    ' : `-${short}, `}--${name}${alias === undefined ? '' : `, --${alias}`}`
  const left = `  ${names}${value === undefined ? '' : ` ${value}`}`
  const lines = wrap(text, WIDTH - COLUMN)
  const first = left.length < COLUMN - 1 ? [left.padEnd(COLUMN) + lines.shift()!] : [left]
  return [...first, ...lines.map((line) => ' '.repeat(COLUMN) + line)].map((line) => `${line}\n`).join('')
}

function wrap(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line !== '' && line.length + word.length + 1 > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}

const INTRODUCTION = `Usage: gvent fetch [options] [URL...]

Fetches many URLs at once and prints a line for each to standard output, in the
order in which they end. The line begins with fetched, failed, given up (in
progress when the program was stopped) or never begun.

  URL       http://... or https://...; {001..100} and {a,b} expand to several URLs
  -         read URLs from standard input, one per line; the default without URLs

A line of a list is a URL; or tab-separated columns: the URL, a name for
the file, and options such as method=PUT; or a JSON object with "url" and, if
wanted, "name", "method", "headers", "data", "json", "user", "checksum".

Times have units (500ms, 30s, 2m, 1h), and a bare number is seconds; sizes are
bytes, or have units (20kB, 5MB, 1GiB).
`

const CONCLUSION = `Exit status:
  0    all were fetched
  1    some were not
  2    a mistake on the command line; nothing was fetched
  3    results could not be written: a full disk, a closed pipe
  130  stopped by Ctrl-C; 143: by SIGTERM

Examples:
  gvent fetch https://example.com/page-{001..100} --output pages
  gvent fetch --file urls.txt --resume done.jsonl --retries 3 --per-host 2
  gvent fetch https://example.com/a.json -o - | jq .
`
