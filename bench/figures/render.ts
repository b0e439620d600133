import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { readResults } from '../results.js'
import { pagesOf } from './pages.js'
import { withFigures } from './readme.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folder = join('docs', 'benchmarks')
const readmes = { 'README.md': 'en', 'README.zh-CN.md': 'zh' } as const

/** Writes the pages and charts, and the figures of the READMEs, from the samples that are kept. */
export async function render(): Promise<void> {
  const files = await filesOf()
  mkdirSync(join(root, folder), { recursive: true })
  for (const stray of straysOf(files)) rmSync(join(root, stray))
  for (const [path, text] of files) writeFileSync(join(root, path), text)
}

/** @returns the files that `render` would change. */
export async function findStale(): Promise<string[]> {
  const files = await filesOf()
  const changed = [...files].filter(
    ([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
  )
  return [...changed.map(([path]) => path), ...straysOf(files)]
}

async function filesOf(): Promise<Map<string, string>> {
  const results = readResults()
  const texts = new Map([...pagesOf(results)].map(([name, text]) => [join(folder, name), text]))
  for (const [path, language] of Object.entries(readmes)) {
    texts.set(path, withFigures(readFileSync(join(root, path), 'utf8'), language, results))
  }
  for (const [path, text] of texts) {
    if (!path.endsWith('.md')) continue
    const options = await resolveConfig(join(root, path))
    texts.set(path, await format(text, { ...options, filepath: path }))
  }
  return texts
}

/** Files in the folder that are not among those that belong there. */
function straysOf(files: ReadonlyMap<string, string>): string[] {
  if (!existsSync(join(root, folder))) return []
  const found = readdirSync(join(root, folder)).map((name) => join(folder, name))
  return found.filter((path) => !files.has(path))
}
