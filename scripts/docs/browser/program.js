/** Turns a program, as it is written, into a script that can be evaluated. */
import { parse } from 'acorn'

/**
 * The imports become constants, and the rest the body of an async function; each line stays where it was, so that the places
 * in stacks are those of the editor.
 *
 * @param {string} source a module
 * @param {readonly string[]} modules what it may import
 * @returns {string} an expression that gives a promise of the end of the program
 * @throws {SyntaxError} with the line, if it is no module, or imports anything else
 */
export function scriptOf(source, modules) {
  const { body } = parse(source, { ecmaVersion: 'latest', sourceType: 'module', locations: true })
  let script = ''
  let end = 0
  for (const node of body) {
    if (/^Export/.test(node.type)) throw mistake(node, 'a program of its own exports nothing')
    if (node.type !== 'ImportDeclaration') continue
    const name = node.source.value
    if (!modules.includes(name)) {
      throw mistake(
        node,
        `there is no module '${name}' in this page: only ${modules.map((each) => `'${each}'`).join(', ')}`,
      )
    }
    script += source.slice(end, node.start) + constantsOf(node)
    end = node.end
  }
  return `(async () => {${script}${source.slice(end)}\n})()\n//# sourceURL=program.js`
}

function constantsOf({ specifiers, source, loc }) {
  const from = `gventModules[${JSON.stringify(source.value)}]`
  const names = []
  const wholes = []
  for (const { type, imported, local } of specifiers) {
    if (type === 'ImportNamespaceSpecifier') wholes.push(`const ${local.name} = ${from};`)
    else {
      const name = type === 'ImportDefaultSpecifier' ? 'default' : (imported.name ?? imported.value)
      names.push(
        `${JSON.stringify(name)}: ${local.name} = gventMissing(${JSON.stringify(source.value)}, ${JSON.stringify(name)})`,
      )
    }
  }
  const lines = '\n'.repeat(loc.end.line - loc.start.line)
  return `${wholes.join(' ')}${names.length > 0 ? `const { ${names.join(', ')} } = ${from};` : ''}${lines}`
}

function mistake({ loc }, message) {
  return new SyntaxError(`${message} (${loc.start.line}:${loc.start.column})`)
}
