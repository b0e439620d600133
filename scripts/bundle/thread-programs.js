/**
 * The programs of the library's own threads. A program of the package is a file of its own, which Node loads by its URL. A bundler
 * joins what is imported, and no file that is only named; so the modules that bundlers get carry each program as a text.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { build } from 'esbuild'

/** Where the module with a constant for each program stands in dist. */
const module = 'io/node/process/thread-programs.js'

/** The files that are the programs; a later one may start threads with the earlier ones. */
const programs = {
  blockedLoopWorker: 'io/diagnostics/blocked-loop-worker.js',
  agentWorker: 'io/observing/agent-worker.js',
  traceWorker: 'io/observing/recording/trace-worker.js',
  threadMain: 'io/threads/thread-main.js',
  pageWorker: 'console/page/page-worker.js',
}

/** Gives Node's bundles the URL of each program. */
export function urlsOfPrograms(dist) {
  return {
    name: 'urls-of-programs',
    load(id) {
      if (id !== join(dist, module)) return null
      return declare((name) => {
        const path = relative(dirname(join(dist, module)), join(dist, programs[name]))
        return `new URL(${JSON.stringify(path.split(sep).join('/'))}, import.meta.url)`
      })
    },
  }
}

/** Gives bundlers the text of each program. */
export async function writeTextsOfPrograms(dist) {
  const texts = new Map()
  for (const [name, file] of Object.entries(programs)) {
    const { outputFiles } = await build({
      entryPoints: [join(dist, file)],
      bundle: true,
      minify: true,
      write: false,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      logOverride: { 'empty-import-meta': 'silent' },
      plugins: [
        {
          name: 'texts-of-programs',
          setup({ onLoad }) {
            onLoad({ filter: /thread-programs\.js$/ }, () => ({ contents: declare((name) => texts.get(name)) }))
            onLoad({ filter: /page-files\.js$/ }, () => ({ contents: textsOfPage(dist) }))
          },
        },
      ],
    })
    texts.set(name, JSON.stringify(outputFiles[0].text))
  }
  writeFileSync(
    join(dist, module),
    declare((name) => texts.get(name)),
  )
}

/** The module that has the files of the page in itself. */
function textsOfPage(dist) {
  const files = {
    script: 'bundles/console-page.js',
    style: 'console/page/page.css',
    document: 'console/page/page.html',
  }
  const texts = Object.entries(files).map(([name, file]) => [name, readFileSync(join(dist, file), 'utf8')])
  return `export const pageFiles = () => (${JSON.stringify(Object.fromEntries(texts))})`
}

function declare(valueOf) {
  return Object.keys(programs)
    .map((name) => `export const ${name} = ${valueOf(name)}\n`)
    .join('')
}
