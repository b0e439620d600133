/** The pages of the site: the files that they are made of, where they stand, and the order in which they are read. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readEntries } from '../api/model.js'
import { pagesOf } from '../api/pages.js'

/** The folder of the project. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Pages outside of `docs`, with their place on the site. */
const beside = {
  'README.md': 'index.html',
  'README.zh-CN.md': 'index.zh-CN.html',
  'CHANGELOG.md': 'changelog.html',
  'CONTRIBUTING.md': 'contributing.html',
  'SECURITY.md': 'security.html',
  'bench/README.md': 'benchmarks/programs.html',
  'src/examples/README.md': 'examples.html',
}

/**
 * A page of the site.
 *
 * @typedef {object} Source
 * @property {string} path of its Markdown, from the folder of the project on; that of the reference is in no file
 * @property {string} output its place on the site
 * @property {string} text
 * @property {'guide' | 'reference' | 'errors' | 'benchmarks' | 'project'} room
 */

/**
 * Reads the pages.
 *
 * @param {{ reference: boolean }} options whether the reference is made, for which the library has to be built
 * @returns {{ sources: Source[], modules: object[] }} the pages, and the contents of the reference
 */
export function readSources({ reference }) {
  const chapters = readdirSync(join(root, 'docs'), { recursive: true })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file))
  const sources = [...Object.keys(beside), ...chapters].sort().map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    return { path, output: outputOf(path), text, room: roomOf(path) }
  })
  if (!reference) return { sources, modules: [] }
  const explained = chapters.filter((path) => path.includes('errors/GVENT_')).map((path) => path.slice(12, -3))
  const { pages, sidebar } = pagesOf(readEntries(), explained)
  for (const [file, text] of pages) {
    const path = join('docs', 'api', file)
    sources.push({ path, output: outputOf(path), text, room: 'reference' })
  }
  return { sources, modules: sidebar }
}

/** The place of a page on the site. */
export function outputOf(path) {
  return (
    beside[path] ??
    path
      .replace(/^docs\//, '')
      .replace(/(?:README)?\.md$/, (end) => (end === '.md' ? end : 'index.md'))
      .replace(/\.md$/, '.html')
  )
}

function roomOf(path) {
  if (path.startsWith('docs/errors/')) return 'errors'
  if (path.startsWith('docs/benchmarks/') || path.startsWith('bench/')) return 'benchmarks'
  return path in beside ? 'project' : 'guide'
}

/**
 * Reads the table of contents.
 *
 * @returns {{ title: string, chapters: { title: string, path: string, about: string }[] }[]} its sections that list chapters
 */
export function readContents() {
  return readFileSync(join(root, 'docs', 'guide.md'), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.slice(0, section.indexOf('\n')),
      chapters: Array.from(
        section.matchAll(/^\| \[([^\]]+)\]\(([^)]+\.md)\) *\| (.*?) *\|$/gm),
        ([, title, file, about]) => ({
          title,
          path: `docs/${file}`,
          about,
        }),
      ),
    }))
    .filter(({ chapters }) => chapters.length > 0)
}
