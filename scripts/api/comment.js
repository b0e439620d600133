/** Doc comments in parts: what is said, and what is said of parameters, results, errors and cancellation. */

const tag = /(?<!\{)@(param|returns|throws|internal)\b/

/** @returns {import('./model.js').Doc} */
export function parseComment(comment) {
  const text = comment
    .slice(3, -2)
    .replace(/^[ \t]*\* ?/gm, '')
    .trim()
  const doc = { text: '', params: [], returns: '', throws: [], cancelSafety: '', internal: false }
  const parts = text.split(new RegExp(tag.source, 'g'))
  doc.text = withoutCancelSafety(parts[0], doc)
  for (let index = 1; index < parts.length; index += 2) {
    const content = withoutCancelSafety(parts[index + 1], doc)
    switch (parts[index]) {
      case 'param': {
        const [, name, rest] = /^(\S+)\s*(.*)$/s.exec(content) ?? [undefined, content, '']
        doc.params.push({ name, text: rest })
        break
      }
      case 'returns':
        doc.returns = content
        break
      case 'throws':
        doc.throws.push(content)
        break
      case 'internal':
        doc.internal = true
        if (doc.text === '') doc.text = content
    }
  }
  return doc
}

/** What is said under "Cancel safety" is kept apart; it may stand at the end of any part. */
function withoutCancelSafety(part, doc) {
  const [before, ...after] = part.split(/Cancel safety:\s*/)
  if (after.length > 0) doc.cancelSafety = after.join(' ').trim()
  return before.trim()
}
