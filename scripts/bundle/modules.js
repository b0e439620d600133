import { parse } from 'acorn'
import { readFileSync } from 'node:fs'

/**
 * @typedef {object} Use what a module takes of another one
 * @property {string} id
 * @property {string[]} names no name for one that is imported for its effects, or as a whole
 * @property {boolean} isReexport
 * @property {boolean} isDynamic
 */

/**
 * Reads the modules that some import, by however many steps.
 * @param {Iterable<string>} entries the paths of the first ones
 * @param {(source: string, importer: string) => string | undefined} resolve gives the path of what a module imports;
 *   `undefined` for a module of somebody else
 * @returns {Map<string, { ast: object, uses: Use[] }>} the modules by their paths
 */
export function readModules(entries, resolve) {
  const modules = new Map([...new Set(entries)].map((id) => [id, undefined]))
  for (const id of modules.keys()) {
    const ast = parse(readFileSync(id, 'utf8'), { ecmaVersion: 'latest', sourceType: 'module' })
    const uses = usesOf(ast).flatMap(({ source, ...use }) => {
      const used = resolve(source, id)
      return used === undefined ? [] : [{ id: used, ...use }]
    })
    modules.set(id, { ast, uses })
    for (const use of uses) if (!modules.has(use.id)) modules.set(use.id, undefined)
  }
  return modules
}

function usesOf({ body }) {
  const uses = []
  for (const node of body) {
    if (!node.source) continue
    const names = (node.specifiers ?? []).flatMap(({ imported, local, type }) => {
      if (type === 'ImportNamespaceSpecifier') return []
      return [(imported ?? (type === 'ImportDefaultSpecifier' ? { name: 'default' } : local)).name]
    })
    uses.push({ source: node.source.value, names, isReexport: node.type !== 'ImportDeclaration', isDynamic: false })
  }
  visit({ body }, (node) => {
    if (node.type === 'ImportExpression' && node.source.type === 'Literal') {
      uses.push({ source: node.source.value, names: [], isReexport: false, isDynamic: true })
    }
  })
  return uses
}

function visit(node, see) {
  see(node)
  for (const child of Object.values(node).flat()) if (typeof child?.type === 'string') visit(child, see)
}

/** The declaration of what a module exports under a name; `undefined` if it passes on what it imports. */
export function declarationOf({ ast }, name) {
  const local = ast.body
    .flatMap((node) => (node.type === 'ExportNamedDeclaration' && !node.source ? node.specifiers : []))
    .find(({ exported }) => exported.name === name)?.local.name
  const declarations = ast.body.map((node) => node.declaration ?? node)
  return declarations.find(({ id }) => id?.name === (local ?? name))
}
