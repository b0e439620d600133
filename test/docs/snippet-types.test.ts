import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { programsOf, readPages, root } from './pages.js'

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  lib: ['lib.esnext.d.ts', 'lib.dom.d.ts'],
  types: ['node'],
}

test('the programs of the documentation have correct types, in the strict mode of TypeScript', async () => {
  // In the package's own folder, so that programs find the package by its name.
  const folder = await mkdtemp(join(root, 'build', 'snippet-types-'))
  try {
    const places = new Map<string, string>()
    for (const { place, source, language } of (await readPages()).flatMap(programsOf)) {
      if (language === 'js') continue
      const file = join(folder, `${place.replace(/\W+/g, '-')}.mts`)
      places.set(file, place)
      await writeFile(file, `${source}\nexport {}\n`)
    }
    const urls = join(folder, 'urls.d.ts')
    await writeFile(urls, 'declare const urls: string[]\n')
    const program = ts.createProgram([urls, ...places.keys()], options)
    const mistakes = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const { line } = file!.getLineAndCharacterOfPosition(start!)
      const text = ts.flattenDiagnosticMessageText(messageText, ' ')
      return `${places.get(file!.fileName)}, line ${line + 1} of the program: ${text}`
    })
    assert.deepEqual(mistakes, [])
  } finally {
    await rm(folder, { recursive: true })
  }
})
