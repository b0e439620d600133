/**
 * A module of Node's that takes long to load is loaded when a function first uses it, and not while a program starts: `node:http` takes
 * 20 ms and 18 MB, and `import … from 'node:util'` reads getters that load half of Node. The bundles see to that for each use within
 * a function (scripts/bundle/lazy-builtins.js); what runs while a module is loaded is what this rule looks for.
 */
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kept, loadedAnyhow, parts } from '../bundle/loaded-late.js'

const src = fileURLToPath(new URL('../../src', import.meta.url))
const late = Object.values(parts).flat()

/** @type {import('eslint').Rule.RuleModule} */
export const lateBuiltins = {
  meta: {
    type: 'problem',
    docs: { description: 'load modules of Node that take long when they are first used' },
    schema: [],
    messages: {
      used: "'{{name}}' is used while this file is loaded, and '{{source}}' takes long to load: use it in a function.",
      whole: "'{{source}}' takes long to load: import the names that functions of this file use.",
      awaited: "import('{{source}}') reads all exports, which takes long: import the names that this function uses.",
    },
  },
  create(context) {
    if (isLate(context.filename)) return {}
    const { sourceCode } = context

    function refuse(messageId) {
      return (node) => {
        const source = node.source?.value
        if (isCostly(source) && node.exportKind !== 'type') context.report({ node, messageId, data: { source } })
      }
    }
    return {
      ImportDeclaration(node) {
        const source = node.source.value
        if (!isCostly(source) || node.importKind === 'type') return
        if (node.specifiers.length === 0) context.report({ node, messageId: 'whole', data: { source } })
        for (const { references, name } of sourceCode.getDeclaredVariables(node)) {
          for (const { identifier } of references) {
            if (!runsAtLoad(identifier, sourceCode)) continue
            context.report({ node: identifier, messageId: 'used', data: { name, source } })
          }
        }
      },
      ExportNamedDeclaration: refuse('whole'),
      ExportAllDeclaration: refuse('whole'),
      ImportExpression: refuse('awaited'),
    }
  },
}

function isCostly(source) {
  const [, name] = /^node:(.*)$/.exec(source ?? '') ?? []
  return name !== undefined && !loadedAnyhow.includes(name)
}

function isLate(filename) {
  const path = relative(src, filename).split(sep).join('/').replace(/\.ts$/, '.js')
  return late.some((begin) => path.startsWith(begin)) && !kept.test(`/${path}`)
}

/** Whether the expression around an identifier is evaluated while its module is: outside of functions, and no type. */
function runsAtLoad(identifier, sourceCode) {
  const around = sourceCode.getAncestors(identifier)
  return !around.some((node, index) => {
    if (node.type.startsWith('TS') && !evaluated.has(node.type)) return true
    const inside = around[index + 1] ?? identifier
    if (node.type === 'PropertyDefinition') return !node.static && inside === node.value
    return /Function/.test(node.type) && around[index - 1]?.callee !== node
  })
}

/** Nodes of the types' syntax that hold code. */
const evaluated = new Set([
  'TSAsExpression',
  'TSNonNullExpression',
  'TSSatisfiesExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'TSEnumDeclaration',
  'TSEnumBody',
  'TSEnumMember',
  'TSModuleBlock',
  'TSModuleDeclaration',
  'TSExportAssignment',
])
