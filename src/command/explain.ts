import { readFileSync, readdirSync } from 'node:fs'

const pages = new URL('../../docs/errors/', import.meta.url)

/**
 * Prints the page on an error, or without one the list of codes.
 *
 * @param error its code, `GVENT_TIMEOUT`, or the name of its class, `Timeout`.
 */
export function printExplanation(error: string | undefined): void {
  const text = error === undefined ? `gvent explain ERROR, with one of\n\n${listErrors()}` : explain(error)
  if (text !== undefined) {
    process.stdout.write(text)
    return
  }
  process.stderr.write(`gvent: there is no error ${JSON.stringify(error)}\nRun gvent explain for the list of errors.\n`)
  process.exitCode = 2
}

/** The codes that have a page. */
function codes(): string[] {
  const files = readdirSync(pages).filter((file) => file.startsWith('GVENT_'))
  return files.map((file) => file.replace(/\.md$/, '')).sort()
}

/**
 * The page on an error, for a terminal: links are their text.
 *
 * @param error its code, `GVENT_TIMEOUT`, or the name of its class, `Timeout`.
 * @returns `undefined` if there is none.
 */
function explain(error: string): string | undefined {
  const code = codes().find((each) => each === error.toUpperCase() || each === `GVENT_${error.toUpperCase()}`)
  if (code !== undefined) return read(code)
  return codes()
    .map(read)
    .find((page) => isAbout(page, error))
}

/** The codes, one a line, with what happened. */
function listErrors(): string {
  const width = Math.max(...codes().map((code) => code.length))
  return codes()
    .map((code) => `  ${code.padEnd(width)}  ${happened(read(code))}\n`)
    .join('')
}

function read(code: string): string {
  return readFileSync(new URL(`${code}.md`, pages), 'utf8').replace(/\[([^[\]]+)\]\([^)]+\)/g, '$1')
}

/** Whether the line below the title, which says what is raised, names that class. */
function isAbout(page: string, name: string): boolean {
  const raised = page.split('\n')[2]!
  return Array.from(raised.matchAll(/`(?:\w+\.)?(\w+)`/g)).some(([, each]) => each === name)
}

function happened(page: string): string {
  return /## What happened\n\n(.*?[.:])(?:\s|$)/s.exec(page)![1]!.replace(/\s+/g, ' ').replace(/:$/, '.')
}
