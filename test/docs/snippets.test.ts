import { join } from 'node:path'
import { readPages } from './pages.js'
import { testPrograms } from './snippets.js'

/** Has the blocks of the README, which is tested to be so. */
const TRANSLATION = 'README.zh-CN.md'

for (const page of await readPages()) {
  const isElsewhere =
    page.path === TRANSLATION || page.path.startsWith('src') || page.path.startsWith(join('docs', 'errors'))
  if (!isElsewhere) testPrograms(page)
}
