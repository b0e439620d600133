/**
 * Joins the modules that Node loads into a few files in dist/bundles, a file for each entry of the package and some that the
 * entries share: what a program pays before its first line runs is the number of files more than anything else.
 *
 * Bundlers and browsers get the modules themselves, from which they leave out what is not used. All entries are joined in
 * one run, so that there is one hub and one class of each name in a process, whichever entries it imports.
 */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rollup } from 'rollup'
import { divide } from './division.js'
import { latePlugin, latePrefix, writeParts } from './late-parts.js'
import { builtins, lazyBuiltins } from './lazy-builtins.js'
import { kept, parts } from './loaded-late.js'
import { urlsOfPrograms, writeTextsOfPrograms } from './thread-programs.js'
import { withoutLayout } from './without-layout.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = join(root, 'dist')
const output = join(dist, 'bundles')
/** Stays a file of its own: functions of the program's that it evaluates must find `gvent` by its name, which no bundle has. */
const evaluator = join(dist, 'io', 'threads', 'evaluate.js')

/** The command, files of the package that are loaded by a URL, and what is sent to browsers. */
const programs = {
  gvent: 'command/main.js',
  'thread-main': 'io/threads/thread-main.js',
  'console-thread': 'console/page/page-worker.js',
  'console-page': 'console/page/browser/main.js',
}

/**
 * The files that entries share, the first that fits: what the module `from` imports, by however many steps, of a folder. All
 * other modules go to their entry, or to a file for those entries that share them.
 */
const shared = [
  { name: 'scheduler', from: 'io/scheduler.js', folder: 'scheduler/' },
  { name: 'host', from: 'io/scheduler.js', folder: 'io/' },
  { name: 'io', from: 'io/index.js', folder: 'io/' },
  { name: 'async', from: 'async/lowering/runtime.js', folder: 'async/' },
]

const urlOfFile = /new URL\((['"])(\.[^'"]*)\1, import\.meta\.url\)/g

/** Joins what is in dist, and takes away what an earlier run left there. */
export async function bundle() {
  const inputs = entries()
  const bundled = new Map(Object.entries(inputs).map(([name, file]) => [file, name]))
  rmSync(output, { recursive: true, force: true })
  mkdirSync(output, { recursive: true })
  const division = divide({
    parts: Object.fromEntries(
      Object.entries(parts).map(([name, paths]) => [name, paths.map((path) => join(dist, path))]),
    ),
    isKept: (id) => kept.test(id) || bundled.has(id) || id === evaluator,
    entries: [...bundled.keys()],
    resolve,
  })
  const needs = await writeParts(division, {
    output,
    plugins: [
      urlsOfPrograms(dist),
      keepPlaces(bundled, "require('node:url').pathToFileURL(__filename)"),
      lazyBuiltins(),
    ],
    finish: withoutLayout,
  })
  const graph = await rollup({
    input: inputs,
    external: (id) => !/^[./\\\0#]/.test(id) || id === evaluator,
    plugins: [
      urlsOfPrograms(dist),
      keepPlaces(bundled, 'import.meta.url'),
      lazyBuiltins(),
      latePlugin(division, needs),
    ],
    onwarn(warning, warn) {
      // The compiler writes `this` where it looks for helpers of an older form.
      if (!['CIRCULAR_DEPENDENCY', 'THIS_IS_UNDEFINED'].includes(warning.code)) warn(warning)
    },
  })
  let files
  await graph.write({
    dir: output,
    format: 'es',
    entryFileNames: '[name].js',
    chunkFileNames: 'shared-[name].js',
    paths: { [evaluator]: '../io/threads/evaluate.js' },
    manualChunks: (id, { getModuleInfo }) => {
      files ??= filesOf(getModuleInfo)
      return files.get(id)
    },
    // What only some of the entries import would have the effects of all that it stands with.
    onlyExplicitManualChunks: true,
    hoistTransitiveImports: false,
    minifyInternalExports: false,
    sourcemap: true,
    plugins: [withoutLayout],
  })
  await graph.close()
  chmodSync(join(output, 'gvent.js'), 0o755)
  await writeRefusal()
  // Node looks for the kind of each file, and would parse the package's own for each, after two that are not there.
  writeFileSync(join(output, 'package.json'), '{"type":"module"}\n')
  await writeTextsOfPrograms(dist)
}

/**
 * Writes the module that takes the place of all entries that need Node in workerd: it refuses to run there. It is CommonJS, from which
 * bundlers let any name be imported.
 */
async function writeRefusal() {
  const graph = await rollup({ input: join(dist, 'scheduler', 'kernel', 'host.js') })
  await graph.write({ file: join(output, 'workerd.cjs'), format: 'cjs' })
  await graph.close()
}

const { exports, imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The entries of package.json that Node loads from a bundle: its name, and the module that it is made of. */
function entries() {
  const found = Object.values(exports).flatMap((entry) => {
    const name = /^\.\/dist\/bundles\/(.*)\.js$/.exec(entry.node ?? '')?.[1]
    return name === undefined ? [] : [[name, moduleOf(entry)]]
  })
  return Object.fromEntries([...found, ...Object.entries(programs)].map(([name, file]) => [name, join(dist, file)]))
}

/** The name of the shared file that each module goes to. */
function filesOf(getModuleInfo) {
  const files = new Map()
  for (const { name, from, folder } of shared) {
    const reached = new Set([join(dist, from)])
    for (const id of reached) {
      for (const next of getModuleInfo(id).importedIds) if (isOwn(next)) reached.add(next)
      if (folderOf(id).startsWith(folder) && !files.has(id)) files.set(id, name)
    }
  }
  return files
}

function isOwn(id) {
  return id.startsWith(dist) || id.startsWith(latePrefix) || id === builtins
}

/** Modules that are made here stand with those for which they are made. */
function folderOf(id) {
  if (id.startsWith(dist)) return pathOf(id)
  const [, part] = id.startsWith(latePrefix) ? id.split('/') : []
  return part === undefined ? 'scheduler/' : parts[part][0]
}

/** The path of the module that a module of the package imports; `undefined` for one that is not of the package. */
function resolve(source, importer) {
  if (source.startsWith('.')) return join(dirname(importer), source)
  // A name of the package's own, under the conditions of Node.
  return source in imports ? join(root, imports[source].node) : undefined
}

// What bundlers join for Node.
function moduleOf({ module }) {
  return (module.node ?? module).replace('./dist/', '')
}

/**
 * A module finds files by its own URL. In a bundle that is the URL of the module from which the bundle was made; and the URL of
 * a module that has a bundle is that of the bundle.
 */
function keepPlaces(bundled, urlOfBundle) {
  return {
    name: 'keep-places',
    resolveId: (id) => (id in imports ? resolve(id) : null),
    transform(code, id) {
      const changed = code.replace(urlOfFile, (text, _quote, target) => {
        const name = bundled.get(join(dirname(id), target))
        if (name === undefined) return text
        const path = relative(dirname(id), join(output, `${name}.js`))
          .split(sep)
          .join('/')
        return `new URL('${path}', import.meta.url)`
      })
      return { code: changed, map: null }
    },
    resolveImportMeta(property, { moduleId }) {
      if (property !== 'url' || moduleId.startsWith(latePrefix)) return null
      return `new URL(${JSON.stringify(`../${pathOf(moduleId)}`)}, ${urlOfBundle}).href`
    },
  }
}

function pathOf(id) {
  return relative(dist, id).split(sep).join('/')
}
