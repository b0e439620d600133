/** Builds the site in `build/site`: `npm run docs`. It can be opened from disk, by its `index.html`, and served: `npm run docs:serve`. */
import { join, relative } from 'node:path'
import { buildSite } from './site.js'
import { root } from './sources.js'

const folder = join(root, 'build', 'site')
const began = Date.now()
const pages = await buildSite(folder)
const seconds = ((Date.now() - began) / 1000).toFixed(1)
console.log(
  `${pages} pages in ${relative(process.cwd(), folder)}, ${seconds} s. Open index.html there, or: npm run docs:serve`,
)
