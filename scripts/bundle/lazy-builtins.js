import { parse } from 'acorn'
import MagicString from 'magic-string'
import { builtinModules } from 'node:module'
import { loadedAnyhow } from './loaded-late.js'
import { replaceUses } from './references.js'

/** The module that loads those of Node's. */
export const builtins = '\0builtins'

/**
 * Loads a module of Node's when the program first uses a name of it: an import reads all exports, getters too, some of which
 * load half of Node. So `import { createServer } from 'node:http'` becomes a call for the module wherever `createServer`
 * stands, which is a live binding still.
 */
export function lazyBuiltins() {
  return {
    name: 'lazy-builtins',
    resolveId: (id) => (id === builtins ? builtins : null),
    load: (id) => (id === builtins ? accessors() : null),
    transform(code, id) {
      if (id === builtins) return null
      const ast = parse(code, { ecmaVersion: 'latest', sourceType: 'module', ranges: true })
      const imports = ast.body.filter(isLazy)
      if (imports.length === 0) return null
      const text = new MagicString(code)
      const names = new Set()
      replaceUses(text, ast, (node, specifier) => {
        if (!imports.includes(node)) return undefined
        const name = accessorOf(node.source.value)
        names.add(name)
        return `${name}()${memberOf(specifier)}`
      })
      for (const node of imports) text.remove(node.start, node.end)
      text.appendLeft(ast.body[0].start, `import { ${[...names].join(', ')} } from ${JSON.stringify(builtins)};`)
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

const all = builtinModules.filter((name) => !/^(?:_|node:)/.test(name)).map((name) => `node:${name}`)

function isLazy(node) {
  if (node.type !== 'ImportDeclaration' || node.specifiers.length === 0) return false
  const [, name] = /^node:(.*)$/.exec(node.source.value) ?? []
  return name !== undefined && !loadedAnyhow.includes(name)
}

function memberOf(specifier) {
  return specifier.type === 'ImportSpecifier' ? `.${specifier.imported.name}` : ''
}
