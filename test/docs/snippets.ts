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
 * that says what it prints, or stands below a line `<!-- runs -->`.
 *
 * - Below a line `<!-- continues -->` it goes on from the one before.
 * - Behind `// →` stands what it prints, line by line, and it prints nothing else.
 * - Below a line `<!-- stderr, exit 1 -->` it ends with that status, and stderr has the block of text that follows.
 * - The programs of a page with a line `<!-- one process -->` run in one process, one after another.
 * - The async functions of a page with a line `<!-- compiled -->` are lowered, with gvent's helpers.
 * - It may use `urls`: pages of a server on loopback.
 */
const MARK = '\u001e'
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

async function write({ place, source, isLowered }: Program): Promise<string> {
  const file = join(folder, `${place.replace(/\W+/g, '-')}.mjs`)
  await writeFile(file, `globalThis.urls = ${JSON.stringify(urls)}; ${isLowered ? lower(source) : compile(source)}`)
  return file
}

function checkPrinted({ printed }: Program, stdout: string): void {
  if (printed !== undefined) assert.deepEqual(stdout.split('\n').slice(0, -1), printed)
}

/** Without the places of the code, which is compiled. */
function withoutPlaces(text: string): string {
  return text.replace(/(?:file:\/\/\S*\/)?[\w-]+\.(?:mjs|ts):\d+:\d+/g, 'PLACE').replace(/\d+\.\d+ s/g, 'SOME s')
}

async function runAlone(program: Program): Promise<void> {
  const { code, stdout, stderr } = await startProgram([await write(program)]).ended
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
async function runTogether(programs: readonly Program[]): Promise<string[]> {
  const files: string[] = []
  for (const program of programs) files.push(await write(program))
  const source = `for (const file of ${JSON.stringify(files)}) {
    process.stdout.write('${MARK}')
    await import(file)
  }`
  const { code, stdout, stderr } = await startProgram(source).ended
  assert.deepEqual([stderr, code], ['', 0])
  return stdout.split(MARK).slice(1)
}

/** Makes a test of each program of a page. */
export function testPrograms(page: Page): void {
  const programs = programsOf(page)
  if (page.text.includes('<!-- one process -->')) {
    let outputs: Promise<string[]> | undefined
    programs.forEach((program, index) => {
      test(`the program at ${program.place} runs, and prints what it says`, async () => {
        outputs ??= runTogether(programs)
        checkPrinted(program, (await outputs)[index]!)
      })
    })
  } else {
    for (const program of programs) test(`the program at ${program.place} runs`, () => runAlone(program))
  }
}
