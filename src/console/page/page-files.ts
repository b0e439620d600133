import { readFileSync } from 'node:fs'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

/** The files of the page. A bundler joins no file that is only named, and gets a module with their texts in place of this one. */
export const pageFiles = (): { readonly script: string; readonly style: string; readonly document: string } => ({
  script: read('../../bundles/console-page.js'),
  style: read('./page.css'),
  document: read('./page.html'),
})
