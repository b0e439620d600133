/** Where each public name stands in the reference. */

/**
 * @param {import('./model.js').Entry[]} entries
 * @returns {Map<string, { page: string, anchor: string }>} by `Queue` and by `Queue.get`
 */
export function linkTargets(entries) {
  const targets = new Map()
  for (const { name, exports } of entries) for (const exported of exports) add(exported, pageOf(name, exported))
  return targets

  function add(exported, page) {
    const { name, members } = exported
    if (!targets.has(name)) targets.set(name, { page, anchor: anchorOf(name) })
    for (const member of members) {
      const full = `${name}.${member.name}`
      if (!targets.has(full)) targets.set(full, { page, anchor: memberAnchor(name, member) })
    }
    for (const inner of exported.exports) add(inner, page)
  }
}

/** The page of an export, from the folder of the reference on: one for each module. */
export function pageOf(entry, { module }) {
  const parts = module.split('/')
  const name = parts.at(-1) === 'index' ? parts.at(-2) : parts.at(-1)
  return `${entry.replace('gvent/', '')}/${name}.md`
}

/** Names that differ in their case only, `accessLog` and `AccessLog`, have anchors that do. */
export function anchorOf(name) {
  return name.replace(/[^\w]+/g, '-').replace(/^-|-$/g, '')
}

/** A class may have a static method and another one of the same name. */
export function memberAnchor(owner, { name, signatures }) {
  return anchorOf(signatures[0].startsWith('static ') ? `${owner} static ${name}` : `${owner} ${name}`)
}
