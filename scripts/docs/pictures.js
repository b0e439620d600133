/**
 * Draws the pictures of docs/how-it-works.md: `npm run pictures`. Each shows what the trace of the program above it has recorded.
 * `--check` compares them instead of writing them. The library has to be built.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { drawTrace } from './draw-trace.js'
import { root } from './sources.js'
import { stripTypes } from './strip-types.js'

const docs = join(root, 'docs')
const page = readFileSync(join(docs, 'how-it-works.md'), 'utf8')
const pictured = /^```ts\n((?:(?!^```).)*)^```\s+!\[([^\]]*)\]\((pictures\/[\w-]+\.svg)\)/gms

// In the project's own folder, so that programs find the package by its name.
mkdirSync(join(root, 'build'), { recursive: true })
const folder = mkdtempSync(join(root, 'build', 'pictures-'))
try {
  for (const [, program, title, file] of page.matchAll(pictured)) await draw(program, title, join(docs, file))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function draw(program, title, file) {
  const svg = drawTrace(record(program), title)
  if (!process.argv.includes('--check')) {
    mkdirSync(join(docs, 'pictures'), { recursive: true })
    writeFileSync(file, svg)
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== svg) {
    console.error(`${file} is not what its program does now: npm run pictures`)
    process.exitCode = 1
  }
}

/** Runs a program in a process of its own. @returns the events of its trace */
function record(program) {
  const [source, recorder, output] = ['program.mjs', 'record.mjs', 'trace.json'].map((name) => join(folder, name))
  writeFileSync(source, stripTypes([program])[0])
  writeFileSync(
    recorder,
    `import { trace } from 'gvent/console'
    trace.start()
    await import(${JSON.stringify(pathToFileURL(source).href)})
    await trace.stop(${JSON.stringify(output)})`,
  )
  const { status } = spawnSync(process.execPath, [recorder], { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`the program ended with ${status}:\n${program}`)
  return JSON.parse(readFileSync(output, 'utf8')).traceEvents
}
