import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { startProgram } from '../io/program.js'

/**
 * Every block of TypeScript in the README and the guide is a program, and runs to its end. Blocks below a line
 * `<!-- continues -->` go on from the one before. A block may use `urls`: pages of a server on loopback.
 */
const root = fileURLToPath(new URL('../../../', import.meta.url))
const guide = (await readdir(join(root, 'docs'), { recursive: true })).filter((name) => name.endsWith('.md'))
const pages = ['README.md', ...guide.map((name) => join('docs', name))]

interface Snippet {
  readonly place: string
  readonly source: string
}

function snippetsOf(page: string, text: string): Snippet[] {
  const snippets: Snippet[] = []
  for (const match of text.matchAll(/(<!-- continues -->\s*)?^```ts\n(.*?)^```/gms)) {
    const source = match[2]!
    const line = text.slice(0, match.index).split('\n').length
    const before = match[1] === undefined ? undefined : snippets.pop()
    snippets.push({ place: before?.place ?? `${page}:${line}`, source: (before?.source ?? '') + source })
  }
  return snippets
}

function compile(source: string): string {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  return outputText
}

for (const page of pages) {
  const snippets = snippetsOf(page, await readFile(join(root, page), 'utf8'))
  for (const { place, source } of snippets) {
    test(`the program at ${place} runs`, async () => {
      const server = createServer((_request, response) => {
        response.setHeader('content-type', 'application/json')
        response.end('[{ "title": "a page" }]')
      }).listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      const { port } = server.address() as AddressInfo
      const urls = [1, 2, 3].map((number) => `http://127.0.0.1:${port}/${number}`)
      // In the package's own folder, so that the program finds the package by its name.
      const folder = await mkdtemp(join(root, 'build', 'snippet-'))
      try {
        const file = join(folder, 'program.mjs')
        await writeFile(file, `globalThis.urls = ${JSON.stringify(urls)}\n${compile(source)}`)
        const { code, stderr } = await startProgram([file]).ended
        assert.equal(stderr, '')
        assert.equal(code, 0)
      } finally {
        await rm(folder, { recursive: true })
        server.closeAllConnections()
        server.close()
      }
    })
  }
}
