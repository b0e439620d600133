/** The public surface as text: every export of every entry with its signatures, without comments. */

/**
 * @param {import('./model.js').Entry[]} entries
 * @returns {string}
 */
export function reportOf(entries) {
  const reported = new Map()
  const lines = ['// The public surface of the package. `npm run api` writes it anew.']
  for (const { name, exports, augmentations } of entries) {
    lines.push('', `// ${name}`, '')
    for (const exported of exports) {
      const first = reported.get(exported)
      reported.set(exported, first ?? name)
      if (first === undefined) lines.push(...textOf(exported))
      else lines.push(`export { ${exported.name} } from '${first}'`)
    }
    for (const exported of augmentations) {
      const place = exported.scope === 'global' ? 'global' : `module '${exported.scope}'`
      lines.push(`declare ${place} {`, ...textOf(exported).map((line) => `  ${line.replace('export ', '')}`), '}')
    }
  }
  return `${lines.join('\n')}\n`
}

function textOf({ kind, head, members, exports }) {
  if (kind === 'namespace') return [`export ${head} {`, ...exports.flatMap(textOf).map((line) => `  ${line}`), '}']
  if (kind !== 'class' && kind !== 'interface') return [`export ${head}`]
  const signatures = members.flatMap((member) => member.signatures).map((signature) => signature.replace(/^/gm, '  '))
  return signatures.length === 0 ? [`export ${head} {}`] : [`export ${head} {`, ...signatures, '}']
}
