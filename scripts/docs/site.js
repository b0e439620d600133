/** Writes the site: the pages, what they look like, their search, and the playground. */
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { makeIndex } from './browser/search.js'
import { layOut } from './layout.js'
import { createRenderer } from './markdown.js'
import { playgroundPage, schedulerInPage } from './playground.js'
import { searchWords } from './search-words.js'
import { sectionsOf } from './sections.js'
import { outputOf, readContents, readSources, root } from './sources.js'

const browser = fileURLToPath(new URL('browser/', import.meta.url))

/**
 * Renders all pages.
 *
 * @param {{ reference?: boolean }} [options] whether the reference is part of it, for which the declarations of the library are read
 */
export async function renderPages({ reference = true } = {}) {
  const { sources, modules } = readSources({ reference })
  const pictures = readdirSync(join(root, 'docs'), { recursive: true }).filter((file) => file.endsWith('.svg'))
  const places = new Map(sources.map(({ path, output }) => [path, output]))
  for (const picture of pictures) places.set(join('docs', picture), picture)
  const render = await createRenderer((path) => places.get(path))
  return { pages: sources.map((source) => ({ ...source, ...render(source) })), modules, pictures }
}

/** Makes the index of the search, as JSON. */
export function indexOf(pages) {
  return makeIndex(pages.flatMap(sectionsOf))
}

/** The places that words of the search lead to and that are not there, because a heading was changed, say. */
export function lostPlaces(pages) {
  const urls = new Set(pages.flatMap(sectionsOf).map(({ url }) => url))
  return Object.keys(searchWords).filter((url) => !urls.has(url))
}

/**
 * Writes the site into a folder, which is made anew.
 *
 * @returns {Promise<number>} how many pages it has
 */
export async function buildSite(folder) {
  const { pages, modules, pictures } = await renderPages()
  const contents = readContents().map(({ title, chapters }) => ({
    title,
    chapters: chapters.map((chapter) => ({ ...chapter, output: outputOf(chapter.path) })),
  }))

  rmSync(folder, { recursive: true, force: true })
  const write = (file, text) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  for (const page of pages) write(page.output, layOut(page, contents, modules))
  const playground = playgroundPage()
  write(playground.output, layOut(playground, contents, modules))
  for (const picture of pictures) {
    mkdirSync(dirname(join(folder, picture)), { recursive: true })
    copyFileSync(join(root, 'docs', picture), join(folder, picture))
  }
  // A script in place of JSON: a page that was opened from disk may load the one, and not the other.
  write('assets/search-index.js', `gventSearchIndex = ${JSON.stringify(indexOf(pages))}\n`)
  write('assets/scheduler.js', `gventScheduler = ${JSON.stringify(await schedulerInPage())}\n`)
  for (const file of ['style.css', 'favicon.svg']) copyFileSync(join(browser, file), join(folder, 'assets', file))
  await build({
    entryPoints: ['site.js', 'playground.js'].map((file) => join(browser, file)),
    outdir: join(folder, 'assets'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    logLevel: 'warning',
  })
  return pages.length + 1
}
