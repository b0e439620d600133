import { join } from 'node:path'
import { readPages } from './pages.js'
import { testPrograms } from './snippets.js'

for (const page of await readPages()) if (page.path.startsWith(join('docs', 'errors'))) testPrograms(page)
