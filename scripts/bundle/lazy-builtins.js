import { parse } from 'acorn'
import { analyze } from 'eslint-scope'
import MagicString from 'magic-string'

/** Modules that every Node has loaded before a program begins, and whose exports cost nothing to read. */
const loaded = ['async_hooks', 'buffer', 'events', 'module', 'path', 'timers', 'url']

const own = '\0builtins'

/**
 * Loads a module of Node's when the program first uses a name of it: an import reads all exports, getters too, some of which
 * load half of Node. So `import { createServer } from 'node:http'` becomes a call for the module wherever `createServer`
 * stands, which is a live binding still.
 */
export function lazyBuiltins() {
  return {
    name: 'lazy-builtins',
    resolveId: (id) => (id === own ? own : null),
    load: (id) => (id === own ? accessors() : null),
    transform(code, id) {
      if (id === own) return null
      const ast = parse(code, { ecmaVersion: 'latest', sourceType: 'module', ranges: true })
      const imports = ast.body.filter(isLazy)
      if (imports.length === 0) return null
      const text = new MagicString(code)
      const [, scope] = analyze(ast, { ecmaVersion: 2022, sourceType: 'module' }).scopes
      const names = new Set()
      for (const node of imports) {
        const name = accessorOf(node.source.value)
        names.add(name)
        for (const specifier of node.specifiers) {
          const { references } = scope.set.get(specifier.local.name)
          const parents = parentsOf(ast, new Set(references.map(({ identifier }) => identifier)))
          for (const { identifier } of references) {
            const use = `${name}()${memberOf(specifier)}`
            const parent = parents.get(identifier)
            const isShorthand = parent?.type === 'Property' && parent.shorthand
            const isCallee = parent?.type === 'CallExpression' && parent.callee === identifier
            // Called as a name, not as a method of the module; and `new net.Socket()` makes no `new` of the accessor.
            const whole = isCallee ? `(0, ${use})` : `(${use})`
            text.overwrite(identifier.start, identifier.end, isShorthand ? `${identifier.name}: ${use}` : whole)
          }
        }
        text.remove(node.start, node.end)
      }
      text.prepend(`import { ${[...names].join(', ')} } from ${JSON.stringify(own)};`)
      return { code: text.toString(), map: text.generateMap({ hires: true }) }
    },
  }
}

function accessorOf(source) {
  return `node_${source.slice('node:'.length).replace(/\W/g, '_')}`
}

/** The module with a function for each of Node's, of which the bundle keeps those that it uses. */
function accessors() {
  const functions = all.map((source) => {
    const name = accessorOf(source)
    return `let ${name}_module\nexport const ${name} = () => (${name}_module ??= load('${source}'))`
  })
  const load = 'const load = process.getBuiltinModule ?? createRequire(import.meta.url)'
  return ["import { createRequire } from 'node:module'", load, ...functions].join('\n')
}

const all = [
  'child_process',
  'cluster',
  'crypto',
  'dgram',
  'diagnostics_channel',
  'dns',
  'fs',
  'fs/promises',
  'http',
  'https',
  'inspector',
  'net',
  'os',
  'perf_hooks',
  'stream',
  'stream/promises',
  'timers/promises',
  'tls',
  'util',
  'v8',
  'vm',
  'worker_threads',
  'zlib',
].map((name) => `node:${name}`)

function isLazy(node) {
  if (node.type !== 'ImportDeclaration' || node.specifiers.length === 0) return false
  const [, name] = /^node:(.*)$/.exec(node.source.value) ?? []
  return name !== undefined && !loaded.includes(name)
}

function memberOf(specifier) {
  return specifier.type === 'ImportSpecifier' ? `.${specifier.imported.name}` : ''
}

/** The node above each of the identifiers. */
function parentsOf(ast, identifiers) {
  const parents = new Map()
  const visit = (node) => {
    for (const child of Object.values(node).flat()) {
      if (typeof child?.type !== 'string') continue
      // A shorthand property has one node twice, as its key and as its value.
      if (identifiers.has(child) || (node.type === 'Property' && node.shorthand && identifiers.has(node.value))) {
        parents.set(identifiers.has(child) ? child : node.value, node)
      }
      visit(child)
    }
  }
  visit(ast)
  return parents
}
