/** What the doc comments of the public surface lack. */
import { linkTargets } from './links.js'

/**
 * @param {import('./model.js').Entry[]} entries
 * @returns {string[]} one line for each public symbol without a comment, and for each link that leads nowhere
 */
export function complaintsOf(entries) {
  const targets = linkTargets(entries)
  const complaints = new Set()
  for (const { name, exports, augmentations } of entries) {
    for (const exported of exports) check(exported, name)
    for (const { members, ...rest } of augmentations) for (const member of members) checkMember(rest, member)
  }
  return Array.from(complaints)

  function check(exported, entry) {
    const place = `${exported.module}: ${exported.name}`
    if (isEmpty(exported.doc)) complaints.add(`${place} has no doc comment`)
    checkLinks(place, exported.doc)
    for (const member of exported.members) checkMember(exported, member)
    for (const inner of exported.exports) check(inner, entry)
  }

  function checkMember(owner, member) {
    const place = `${owner.module}: ${owner.name}.${member.name}`
    // What tells an error from others is the same in all: the reference says it in one line.
    const isTag = ['name', 'code'].includes(member.name) && / '\w+'$/.test(member.signatures[0])
    if (member.access === 'public' && isEmpty(member.doc) && !isTag) complaints.add(`${place} has no doc comment`)
    checkLinks(place, member.doc)
  }

  function checkLinks(place, doc) {
    const text = doc === undefined ? '' : [doc.text, doc.returns, doc.cancelSafety, ...doc.throws].join(' ')
    for (const [, target] of text.matchAll(/\{@link ([^}]+)\}/g)) {
      if (!targets.has(target)) complaints.add(`${place}: {@link ${target}} leads to nothing that is exported`)
    }
  }
}

function isEmpty(doc) {
  return (
    doc === undefined || (doc.text === '' && doc.returns === '' && doc.params.length === 0 && doc.throws.length === 0)
  )
}
