import type { Place, Walk } from './place.js'
import { behind, linesOf, type SyntaxNode } from './syntax.js'

/**
 * Lowers a `for await`, maybe with labels, to a loop over an `AsyncLoop`.
 * @returns whether it is one.
 * @internal
 */
export function lowerForAwait(walk: Walk, node: SyntaxNode, place: Place): boolean {
  let loop = node
  const labels: string[] = []
  while (loop.type === 'LabeledStatement') {
    labels.push(`${loop.label!.name!}: `)
    loop = loop.body as SyntaxNode
  }
  if (place.form === 'native' || loop.type !== 'ForOfStatement' || !loop.await) return false
  const { text } = walk
  const { source, edits } = text
  const left = loop.left!
  const right = loop.right!
  const body = loop.body as SyntaxNode
  const name = text.fresh()
  const awaits = (value: string): string =>
    place.form === 'generator' ? `yield ${text.runtime('mark')}(${value})` : `yield ${value}`
  const head = behind(source, left.end, 'of', ')')
  const before = linesOf(source.slice(node.start, head))
  edits.replace(node.start, head, `{ const ${name} = new ${text.runtime('AsyncLoop')}(${before}`)
  walk.visit(left, loop, place)
  walk.visit(right, loop, place)
  const isDeclaration = left.type === 'VariableDeclaration'
  edits.before(body.start, () => {
    const target = edits.text(left.start, left.end).replace(/\/\/.*|\n|\r|\u2028|\u2029/g, ' ')
    const binding = isDeclaration ? `${target} = ${name}.value; ` : `(${target} = ${name}.value); `
    return `; try { ${labels.join('')}for (; ${name}.took(${awaits(`${name}.next()`)});) { ${binding}`
  })
  walk.visit(body, loop, place)
  edits.after(
    loop.end,
    ` } } catch (${text.prefix}) { ${name}.fail(${text.prefix}) } finally { try { ` +
      `if (${name}.closes()) ${name}.closed(${awaits(`${name}.closing`)}) } finally { ${name}.end() } } }`,
  )
  return true
}
