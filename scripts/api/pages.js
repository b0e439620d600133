/** The reference as pages of Markdown: an index, and a page for each module that exports something. */
import { anchorOf, linkTargets, memberAnchor, pageOf } from './links.js'

/**
 * @param {import('./model.js').Entry[]} entries
 * @param {readonly string[]} explained the codes of errors that have a page
 * @returns {{ pages: Map<string, string>, sidebar: object[] }} the pages by their path in the folder of the reference
 */
export function pagesOf(entries, explained) {
  const targets = linkTargets(entries)
  const modules = new Map()
  const sidebar = []
  const index = [
    '# API',
    'Every public name, from the comments in the code. The chapters of the guide say how to use them.',
  ]
  const seen = new Map()

  for (const { name, exports, augmentations } of entries) {
    const fresh = exports.filter((exported) => !seen.has(exported))
    for (const exported of fresh) {
      seen.set(exported, name)
      const page = pageOf(name, exported)
      modules.set(page, [...(modules.get(page) ?? []), exported])
    }
    if (exports.length === 0) continue
    index.push(`## ${name}`)
    if (fresh.length === 0) {
      index.push(
        `Everything that ${Array.from(new Set(exports.map((exported) => `\`${seen.get(exported)}\``))).join(' and ')} export.`,
      )
      continue
    }
    index.push(table(fresh, name))
    const pages = Array.from(modules).filter(([page]) => page.startsWith(`${name.replace('gvent/', '')}/`))
    sidebar.push({
      text: name,
      collapsed: true,
      items: pages
        .map(([page, inside]) => ({ text: titleOf(page, inside), link: `/api/${page.replace(/\.md$/, '')}` }))
        .sort((a, b) => (a.text.toLowerCase() < b.text.toLowerCase() ? -1 : 1)),
    })
    if (augmentations.length > 0) {
      const page = `${name.replace('gvent/', '')}/types-of-node.md`
      modules.set(page, augmentations)
      sidebar.at(-1).items.push({ text: 'Types of Node', link: `/api/${page.replace(/\.md$/, '')}` })
      index.push(`[What importing it adds to the types of Node](${page})`)
    }
  }
  const pages = new Map([['README.md', `${index.join('\n\n')}\n`]])
  for (const [page, exports] of modules) pages.set(page, pageText(page, exports))
  return { pages, sidebar }

  function table(exports, entry) {
    const rows = exports.map((exported) => {
      const link = `[\`${exported.name}\`](${pageOf(entry, exported)}#${anchorOf(exported.name)})`
      return `| ${link} | ${exported.kind} | ${linked(firstSentence(exported.doc), 'README.md').replaceAll('|', '\\|')} |`
    })
    return ['| name | kind | what it is |', '| --- | --- | --- |', ...rows].join('\n')
  }

  /** The export that gives the page its title comes first, and needs no heading of its own. */
  function pageText(page, exports) {
    const title = page.endsWith('types-of-node.md') ? 'Types of Node' : titleOf(page, exports)
    const inner = exports.flatMap((exported) => [exported, ...exported.exports])
    const sorted = [...inner].sort((a, b) => Number(b.name === title) - Number(a.name === title))
    const [first, ...rest] = sorted.map((exported) => section(exported, page))
    if (sorted[0].name === title) first[0] = first[0].slice(1)
    else first.unshift(`# ${title} {#page}`)
    return `${[...first, ...rest.flat()].join('\n\n')}\n`
  }

  function section(exported, page) {
    const { name, kind, head, members, doc, scope } = exported
    const anchor = anchorOf(scope === undefined ? name : `${scope} ${name}`)
    const title = scope === undefined || scope === 'global' ? name : `${name} of node:${scope}`
    const tags = Object.fromEntries(
      members
        .filter((member) => member.doc === undefined)
        .map((member) => [member.name, /'(\w+)'$/.exec(member.signatures[0])?.[1]])
        .filter(([, value]) => value !== undefined),
    )
    const rest = members.filter((member) => !Object.hasOwn(tags, member.name))
    const properties = rest.filter((member) => member.kind === 'property')
    const methods = rest.filter((member) => member.kind !== 'property')
    return [
      `## ${title} {#${anchor}}`,
      code(kind === 'interface' || kind === 'class' ? `${head} { … }` : head),
      ...docText(doc, page),
      ...(tags.code === undefined ? [] : [`Its \`code\` is ${codeOfError(tags.code, page)}.`]),
      ...(properties.length === 0 ? [] : [properties.map((property) => item(property, name, page)).join('\n')]),
      ...methods.flatMap((method) => [
        `### ${method.name.startsWith('[') ? `\`${method.name}\`` : method.name} {#${memberAnchor(title, method)}}`,
        code(method.signatures.join('\n')),
        ...docText(method.doc, page),
      ]),
    ]
  }

  function codeOfError(errorCode, page) {
    if (!explained.includes(errorCode)) return `\`${errorCode}\``
    return `[\`${errorCode}\`](${'../'.repeat(page.split('/').length)}errors/${errorCode}.md)`
  }

  function item(property, owner, page) {
    const signature = property.signatures[0]
      .replace(/^(get|abstract|declare) /, '')
      .replace(/\(\)(?=: )/, '')
      .replace(/\s+/g, ' ')
    const text = docText(property.doc, page)
      .join('\n\n')
      .replace(/\n(?=.)/g, '\n  ')
    return `- <a id="${memberAnchor(owner, property)}"></a>\`${signature}\`<br>${text}`
  }

  /** The paragraphs of a comment. */
  function docText(doc, page) {
    if (doc === undefined) return []
    const paragraphs = []
    if (doc.text !== '') paragraphs.push(linked(doc.text, page))
    if (doc.params.length > 0) {
      paragraphs.push(
        doc.params
          .map(({ name, text }) => `- \`${name}\`: ${linked(text, page).replace(/\n(?=.)/g, '\n  ')}`)
          .join('\n'),
      )
    }
    if (doc.returns !== '') paragraphs.push(`**Returns** ${linked(doc.returns, page)}`)
    for (const thrown of doc.throws) paragraphs.push(`**Raises** ${linked(thrown, page)}`)
    if (doc.cancelSafety !== '') paragraphs.push(`**Cancel safety:** ${linked(doc.cancelSafety, page)}`)
    return paragraphs
  }

  /** Text with its links, and with what HTML would take for its own escaped. */
  function linked(text, page) {
    return outsideOfCode(text, (prose) =>
      prose.replaceAll('<', '&lt;').replace(/\{@link ([^}]+)\}/g, (_, name) => {
        const target = targets.get(name)
        if (target === undefined) return `\`${name}\``
        return `[\`${name}\`](${'../'.repeat(page.split('/').length - 1)}${target.page}#${target.anchor})`
      }),
    )
  }
}

function outsideOfCode(text, change) {
  return text
    .split(/(^```.*?^```$|`[^`\n]+`)/ms)
    .map((part, index) => (index % 2 === 0 ? change(part) : part.replace(/^```$\n?(?=[^]*\n)/, '```ts\n')))
    .join('')
}

function firstSentence(doc) {
  const [paragraph] = (doc?.text ?? '').split('\n\n')
  return (
    /^.*?[.:](?=\s|$)/s.exec(paragraph)?.[0].replace(/\s+/g, ' ').replace(/:$/, '.') ?? paragraph.replace(/\s+/g, ' ')
  )
}

/** A page is called after the class or function that it is named after, or else after its file. */
function titleOf(page, exports) {
  const file = page.slice(page.lastIndexOf('/') + 1, -'.md'.length)
  const named = exports.find(({ name }) => name.toLowerCase() === file.replaceAll('-', ''))
  if (named !== undefined) return named.name
  if (exports.length === 1) return exports[0].name
  const words = file.replaceAll('-', ' ')
  return words[0].toUpperCase() + words.slice(1)
}

function code(text) {
  return `\`\`\`ts\n${text}\n\`\`\``
}
