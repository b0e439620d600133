import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the project. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A page of the documentation. */
export interface Page {
  /** Its path, from the folder of the project on. */
  readonly path: string
  readonly text: string
}

/** All pages that are written for readers: those beside the README, and those below `docs`, `bench` and `src`. */
export async function readPages(): Promise<Page[]> {
  const beside = await readdir(root)
  const below = await Promise.all(
    ['docs', 'bench', 'src'].map(async (folder) => {
      const names = await readdir(join(root, folder), { recursive: true })
      return names.filter((name) => !name.includes('node_modules')).map((name) => join(folder, name))
    }),
  )
  const paths = [...beside, ...below.flat()].filter((path) => path.endsWith('.md'))
  return Promise.all(paths.sort().map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })))
}

/** A program of a page, and what the page says about it. */
export interface Program {
  readonly place: string
  readonly source: string
  /** The blocks of which it is made: more than one if it goes on below `<!-- continues -->`. */
  readonly blocks: readonly string[]
  readonly language: 'ts' | 'js'
  /** Whether it has async functions, which are lowered: on a page with a line `<!-- compiled -->`. */
  readonly isLowered: boolean
  /** The lines behind `// →`, which the program prints; `undefined` if it has none. */
  readonly printed: string[] | undefined
  /** The text after the program, if `<!-- stderr, exit N -->` stands before it. */
  readonly failure: { readonly stderr: string; readonly code: number } | undefined
}

const block = /(?:<!-- (continues|runs|stderr, exit \d+) -->\s*)?^```(ts|js|text)\n(.*?)^```/gms

/** The programs of a page: TypeScript; JavaScript that says what it prints, or stands below `<!-- runs -->`. A block below `<!-- continues -->` goes on from the one before. */
export function programsOf({ path, text }: Page): Program[] {
  const programs: Program[] = []
  for (const [all, mark, language, content] of text.matchAll(block)) {
    if (language === 'text') {
      const last = programs.at(-1)
      if (last?.failure?.stderr === '') {
        programs[programs.length - 1] = { ...last, failure: { ...last.failure, stderr: content! } }
      }
      continue
    }
    if (language === 'js' && mark === undefined && !content!.includes('// → ')) continue
    const before = mark === 'continues' ? programs.pop() : undefined
    const blocks = [...(before?.blocks ?? []), content!]
    const source = blocks.join('')
    const printed = Array.from(source.matchAll(/\/\/ → (.*)$/gm), ([, line]) => line!.trimEnd())
    const code = mark?.startsWith('stderr') ? Number(/\d+/.exec(mark)![0]) : undefined
    programs.push({
      place: before?.place ?? `${path}:${text.slice(0, text.indexOf(all)).split('\n').length}`,
      source,
      blocks,
      language: language as 'ts' | 'js',
      isLowered: text.includes('<!-- compiled -->') && /\basync\b/.test(source),
      printed: printed.length > 0 ? printed : undefined,
      failure: code === undefined ? undefined : { stderr: '', code },
    })
  }
  return programs
}

/** Text without its blocks of code. */
export function withoutCode(text: string): string {
  return text.replace(/^( *)(```+)[^\n]*\n.*?^\1\2 *$/gms, '')
}

/** The headings of a page, with the number of their `#`. */
export function headingsOf(text: string): { readonly level: number; readonly title: string }[] {
  return Array.from(withoutCode(text).matchAll(/^(#+) (.+)$/gm), ([, marks, title]) => ({
    level: marks!.length,
    title: title!,
  }))
}

/** The blocks of code of a page, with their language. */
export function blocksOf(text: string): string[] {
  return Array.from(text.matchAll(/^```.*?^```$/gms), ([all]) => all)
}
