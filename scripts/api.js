/**
 * The public surface, from the declarations in `dist`:
 *
 *     node scripts/api.js           writes docs/api.txt, the whole of it as text, whose diff shows what changes
 *     node scripts/api.js --print   prints that text
 *     node scripts/api.js --check   prints what the doc comments lack
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { complaintsOf } from './api/checks.js'
import { readEntries } from './api/model.js'
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
  default:
    throw new RangeError(`${process.argv[2]}: expected nothing, --print or --check`)
}
