import { readFileSync } from 'node:fs'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

/** The page as one document, style and script included. */
export function documentWith(nonce: string, settings: object): string {
  const script = read('../../bundles/console-page.js').replace(/\n\/\/# sourceMappingURL=.*\n*$/, '\n')
  const parts: Record<string, string> = {
    '{{nonce}}': nonce,
    '/* style */': read('./page.css'),
    // Nothing in it may end the element that it stands in.
    '/* script */': script.replaceAll('</script', '<\\/script'),
    '"{{settings}}"': JSON.stringify(settings).replaceAll('<', '\\u003c'),
  }
  return read('./page.html').replace(
    /\{\{nonce\}\}|\/\* (?:style|script) \*\/|"\{\{settings\}\}"/g,
    (mark) => parts[mark]!,
  )
}
