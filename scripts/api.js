/**
 * The public surface, from the declarations in `dist`:
 *
 *     node scripts/api.js           writes docs/api.txt, the whole of it as text, whose diff shows what changes
 *     node scripts/api.js --print   prints that text
 *     node scripts/api.js --check   prints what the doc comments lack
 *     node scripts/api.js --pages   writes docs/api, the reference of the site
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { complaintsOf } from './api/checks.js'
import { readEntries } from './api/model.js'
import { pagesOf } from './api/pages.js'
import { reportOf } from './api/report.js'

const docs = fileURLToPath(new URL('../docs', import.meta.url))
const entries = readEntries()

switch (process.argv[2]) {
  case undefined:
    writeFileSync(join(docs, 'api.txt'), reportOf(entries))
    break
  case '--print':
    process.stdout.write(reportOf(entries))
    break
  case '--check': {
    const complaints = complaintsOf(entries)
    process.stdout.write(complaints.map((complaint) => `${complaint}\n`).join(''))
    break
  }
  case '--pages':
    writePages(join(docs, 'api'))
    break
  default:
    throw new RangeError(`${process.argv[2]}: expected nothing, --print, --check or --pages`)
}

function writePages(folder) {
  const explained = readdirSync(join(docs, 'errors')).map((file) => file.replace(/\.md$/, ''))
  const { pages, sidebar } = pagesOf(entries, explained)
  rmSync(folder, { recursive: true, force: true })
  for (const [page, text] of [...pages, ['sidebar.json', JSON.stringify(sidebar)]]) {
    const file = join(folder, page)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}
