import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import ts from 'typescript'
import { startProgram } from '../io/program.js'
import { programsOf, root, type Page, type Program } from './pages.js'

/*
 * Every block of TypeScript in the README and the guide is a program, and runs to its end; so is every block of JavaScript
 * that says what it prints, or stands below a line `<!-- runs -->`. A program in TypeScript also runs as the JavaScript that the
 * site shows beside it.
 *
 * - Below a line `<!-- continues -->` it goes on from the one before.
 * - Behind `// →` stands what it prints, line by line, and it prints nothing else.
 * - Below a line `<!-- stderr, exit 1 -->` it ends with that status, and stderr has the block of text that follows.
 * - The programs of a page with a line `<!-- one process -->` run in one process, one after another.
 * - The async functions of a page with a line `<!-- compiled -->` are lowered, with gvent's helpers.
 * - It may use `urls`: pages of a server on loopback.
 */
const MARK = '\u001e'
const { stripTypes } = (await import(new URL('../../../scripts/docs/strip-types.js', import.meta.url).href)) as {
  stripTypes: (blocks: readonly string[]) => string[]
}
const server = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end('[{ "title": "a page" }]')
})
let urls: string[] = []
// In the package's own folder, so that programs find the package by its name.
const folder = await mkdtemp(join(root, 'build', 'snippets-'))

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  urls = [1, 2, 3].map((number) => `http://127.0.0.1:${port}/${number}`)
})
after(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})

function compile(source: string): string {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  return outputText
}

function lower(source: string): string {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2016, module: ts.ModuleKind.ESNext, importHelpers: true },
  })
  return outputText.replace(/from "tslib"/, "from 'gvent/async/runtime/tslib'")
}

/** A program as it is run: in the language in which it is written, or as the JavaScript that is made of it. */
interface Form {
  readonly language: string
  readonly program: Program
  readonly code: string
}

function formsOf(program: Program): Form[] {
  const { source, blocks, language, isLowered } = program
  const prepare = isLowered ? lower : compile
  const written = { language, program, code: prepare(source) }
  if (language === 'js') return [written]
  let stripped: string
  try {
    stripped = stripTypes(blocks).join('')
  } catch (error) {
    // It is shown in TypeScript alone.
    if (error instanceof SyntaxError) return [written]
    throw error
  }
  return [written, { language: 'js', program, code: isLowered ? lower(stripped) : withUsing(stripped) }]
}

/** Node knows `using` since its release 24. */
function withUsing(source: string): string {
  return Number(process.versions.node.split('.')[0]) < 24 && /^\s*using /m.test(source) ? compile(source) : source
}

async function write({ program: { place }, language, code }: Form): Promise<string> {
  const file = join(folder, `${place.replace(/\W+/g, '-')}-${language}.mjs`)
  await writeFile(file, `globalThis.urls = ${JSON.stringify(urls)}; ${code}`)
  return file
}

function checkPrinted({ printed }: Program, stdout: string): void {
  if (printed !== undefined) assert.deepEqual(stdout.split('\n').slice(0, -1), printed)
}

/** Without the places of the code, which is compiled. */
function withoutPlaces(text: string): string {
  return text.replace(/(?:file:\/\/\S*\/)?[\w-]+\.(?:mjs|ts):\d+:\d+/g, 'PLACE').replace(/\d+\.\d+ s/g, 'SOME s')
}

async function runAlone(form: Form): Promise<void> {
  const { program } = form
  const { code, stdout, stderr } = await startProgram([await write(form)]).ended
  checkPrinted(program, stdout)
  if (program.failure === undefined) assert.equal(stderr, '')
  else {
    assert.notEqual(program.failure.stderr, '', 'a block of text must follow')
    const [found, expected] = [withoutPlaces(stderr), withoutPlaces(program.failure.stderr)]
    if (!found.includes(expected)) assert.equal(found, expected)
  }
  assert.equal(code, program.failure?.code ?? 0)
}

/** @returns what each of the programs printed. */
async function runTogether(forms: readonly Form[]): Promise<string[]> {
  const files: string[] = []
  for (const form of forms) files.push(await write(form))
  const source = `for (const file of ${JSON.stringify(files)}) {
    process.stdout.write('${MARK}')
    await import(file)
  }`
  const { code, stdout, stderr } = await startProgram(source).ended
  assert.deepEqual([stderr, code], ['', 0])
  return stdout.split(MARK).slice(1)
}

/** Makes a test of each program of a page, in each of its forms. */
export function testPrograms(page: Page): void {
  const forms = programsOf(page).flatMap(formsOf)
  const titleOf = ({ program: { place }, language }: Form): string =>
    `the program at ${place} runs, and prints what it says (${language})`
  if (page.text.includes('<!-- one process -->')) {
    const outputs = new Map<string, Promise<string[]>>()
    for (const language of ['ts', 'js']) {
      const together = forms.filter((form) => form.language === language)
      together.forEach((form, index) => {
        test(titleOf(form), async () => {
          if (!outputs.has(language)) outputs.set(language, runTogether(together))
          checkPrinted(form.program, (await outputs.get(language)!)[index]!)
        })
      })
    }
  } else {
    for (const form of forms) test(titleOf(form), () => runAlone(form))
  }
}
