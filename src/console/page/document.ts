import { pageFiles } from './page-files.js'

/** The page as one document, style and script included. */
export function documentWith(nonce: string, settings: object): string {
  const { script, style, document } = pageFiles()
  const parts: Record<string, string> = {
    '{{nonce}}': nonce,
    '/* style */': style,
    // Nothing in it may end the element that it stands in.
    '/* script */': script.replace(/\n\/\/# sourceMappingURL=.*\n*$/, '\n').replaceAll('</script', '<\\/script'),
    '"{{settings}}"': JSON.stringify(settings).replaceAll('<', '\\u003c'),
  }
  return document.replace(/\{\{nonce\}\}|\/\* (?:style|script) \*\/|"\{\{settings\}\}"/g, (mark) => parts[mark]!)
}
