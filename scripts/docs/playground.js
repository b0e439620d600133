/** The playground: a page in which programs run, with the scheduler that they run on. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { root } from './sources.js'

const examples = fileURLToPath(new URL('examples/', import.meta.url))
/** Where the scheduler says that it lies, so that stacks leave its frames out. */
const address = 'gvent:/dist/scheduler/all.js'

/** @returns {{ file: string, title: string, source: string }[]} the programs that can be chosen; the first line of each is its title */
export function readExamples() {
  return readdirSync(examples)
    .sort()
    .map((file) => {
      const source = readFileSync(join(examples, file), 'utf8')
      return { file, title: /^\/\/ (.*)\n/.exec(source)[1], source }
    })
}

/** The page, for `layOut`. */
export function playgroundPage() {
  const programs = readExamples()
  const options = programs.map(({ file, title }) => `<option value="${file}">${title}</option>`)
  const html = `<h1>Playground</h1>
<p class="about">These programs run in this page, on the same scheduler as in Node. Change them. Sockets and servers need Node; everything else is here.</p>
<noscript><p>It needs JavaScript.</p></noscript>
<div class="play-bar">
<select aria-label="Example">${options.join('')}</select>
<button type="button" class="go">Run</button>
<button type="button" class="stop" disabled>Stop</button>
<span class="state" role="status"></span>
</div>
<div class="play">
<div class="editor"></div>
<div class="output" tabindex="0" aria-label="Output" aria-live="polite"></div>
</div>
<script type="application/json" id="programs">${JSON.stringify(programs).replaceAll('<', '\\u003c')}</script>`
  return {
    output: 'playground.html',
    title: 'Playground',
    room: 'guide',
    headings: [],
    html,
    wide: true,
    scripts: ['assets/scheduler.js', 'assets/playground.js'],
  }
}

/** @returns {Promise<string>} a script that puts what programs import into `gventModules` */
export async function schedulerInPage() {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import * as gvent from './dist/scheduler/development.js'
        import * as streams from './dist/scheduler/streams/index.js'
        import * as testing from './dist/testing/portable.js'
        import { countWhatIsBegun, reportIfStuck } from './scripts/docs/browser/stuck.js'
        Object.assign(globalThis, { gventCount: countWhatIsBegun, gventReportIfStuck: reportIfStuck })
        globalThis.gventModules = { gvent, 'gvent/scheduler': gvent, 'gvent/streams': streams, 'gvent/testing': testing }`,
      resolveDir: root,
    },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    // Errors and reports have the names of functions in them.
    minifyWhitespace: true,
    minifySyntax: true,
    define: { 'import.meta.url': JSON.stringify(address) },
  })
  return `${outputFiles[0].text}\n//# sourceURL=${address}`
}
