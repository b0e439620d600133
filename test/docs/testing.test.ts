import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { startProgram } from '../io/program.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The chapter's first program, all parts of it, and what the chapter says that it prints. */
function readStory(text: string): { program: string; output: string } {
  const [story] = text.split('\n## Time\n')
  const blocks = (language: string): string =>
    Array.from(story!.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms')), ([, block]) => block).join('')
  return { program: blocks('ts'), output: blocks('text') }
}

/** Without what depends on how the library looks for schedules. */
function normalise(output: string): string {
  return output
    .replace(/in schedule \d+/g, 'in schedule N')
    .replace(/replay: '[\w-]+'/g, "replay: 'TOKEN'")
    .trim()
}

test('the chapter on testing tells what its programs print', async () => {
  const { program, output } = readStory(await readFile(join(root, 'docs', 'testing.md'), 'utf8'))
  const { outputText } = ts.transpileModule(program, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, inlineSourceMap: true },
    fileName: 'bank.ts',
  })
  const folder = await mkdtemp(join(root, 'build', 'chapter-'))
  try {
    const file = join(folder, 'bank.mjs')
    await writeFile(file, outputText)
    const { stdout, stderr, code } = await startProgram(['--enable-source-maps', file]).ended
    assert.deepEqual([stderr, code], ['', 0])
    assert.equal(normalise(stdout), normalise(output))
  } finally {
    await rm(folder, { recursive: true })
  }
})
