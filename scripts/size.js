/** Prints what the scheduler costs a web page: bundled for a browser, minified, and packed with gzip. */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const goal = 12_000

const { outputFiles, metafile } = await build({
  entryPoints: [fileURLToPath(new URL('../dist/scheduler/index.js', import.meta.url))],
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  platform: 'browser',
  format: 'esm',
})
const [{ contents }] = outputFiles
const { length: packed } = gzipSync(contents, { level: 9 })

const [{ inputs }] = Object.values(metafile.outputs)
const modules = Object.entries(inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput)
for (const [file, { bytesInOutput }] of modules) console.log(`${String(bytesInOutput).padStart(8)}  ${file}`)
console.log(`${contents.length} bytes minified, ${packed} with gzip (goal: at most ${goal})`)
if (packed > goal) process.exitCode = 1
