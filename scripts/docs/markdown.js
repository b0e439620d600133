/** Makes HTML of a page of Markdown: with anchors, links to the other pages, coloured programs, and programs in two languages. */
import { posix } from 'node:path'
import MarkdownIt from 'markdown-it'
import { createCssVariablesTheme, createHighlighter } from 'shiki'
import { stripTypes } from './strip-types.js'

const languages = ['ts', 'js', 'sh', 'json', 'html', 'python', 'dockerfile', 'yaml', 'nginx']
const theme = createCssVariablesTheme({ name: 'site', variablePrefix: '--code-' })
const names = { ts: 'TypeScript', js: 'JavaScript' }

/**
 * @typedef {object} Rendered
 * @property {string} html
 * @property {string} title
 * @property {{ level: number, title: string, anchor: string }[]} headings those below the title
 */

/** @returns a function that renders a page. `linkOf(path)` is the place of another page on the site, if it has one. */
export async function createRenderer(linkOf) {
  const highlighter = await createHighlighter({ themes: [theme], langs: languages })
  const markdown = new MarkdownIt({ html: true })
  const { rules } = markdown.renderer

  rules.fence = (tokens, index, _options, { room }) => {
    const { info, content, meta } = tokens[index]
    const language = info.trim().split(' ')[0]
    if (room === 'reference' || !(language in names)) return code(content, language)
    if (language === 'js' || meta?.js === undefined) return tabs([[language, content]])
    return tabs([
      ['js', meta.js],
      ['ts', content],
    ])
  }
  rules.table_open = () => '<div class="table"><table>\n'
  rules.table_close = () => '</table></div>\n'
  rules.heading_open = (tokens, index, _options, _environment, renderer) => renderer.renderToken(tokens, index)
  rules.heading_close = (tokens, index) => {
    const { anchor, tag } = { anchor: tokens[index - 2].attrGet('id'), tag: tokens[index].tag }
    return `<a class="anchor" href="#${anchor}" aria-label="Link to this section">#</a></${tag}>\n`
  }
  rules.html_block = (tokens, index) => tokens[index].content.replace(/<!--.*?-->\s*/gs, '')
  rules.image = (tokens, index) => {
    const image = tokens[index]
    // What is too wide for a phone can be scrolled.
    return `<span class="picture"><img src="${image.attrGet('src')}" alt="${markdown.utils.escapeHtml(image.content)}" loading="lazy"></span>`
  }

  return render

  /** @returns {Rendered} */
  function render({ path, output, text, room }) {
    const environment = { room }
    const tokens = markdown.parse(text, environment)
    const headings = nameHeadings(tokens)
    if (room !== 'reference') addJavaScript(tokens)
    const base = posix.dirname(output)
    const relink = (target) => {
      if (/^[a-z]+:|^#/.test(target)) return target
      const [file, anchor] = target.split('#')
      const place = linkOf(posix.normalize(posix.join(posix.dirname(path), decodeURI(file))))
      if (place === undefined) return undefined
      return `${posix.relative(base, place)}${anchor === undefined ? '' : `#${anchor}`}`
    }
    for (const token of tokens) for (const child of token.children ?? []) relinkToken(child, relink)
    for (const { children } of tokens) closeSpans(children ?? [])
    const [title] = headings.filter(({ level }) => level === 1)
    return {
      html: markdown.renderer.render(tokens, markdown.options, environment),
      title: title?.title ?? path,
      headings: headings.filter(({ level }) => level > 1),
    }
  }

  function code(content, language) {
    const known = languages.includes(language)
    const inner = known
      ? highlighter
          .codeToHtml(content.replace(/\n$/, ''), { lang: language, theme: 'site' })
          .replace(/^<pre[^>]*>/, '<pre tabindex="0">')
      : `<pre tabindex="0"><code>${markdown.utils.escapeHtml(content.replace(/\n$/, ''))}</code></pre>`
    return `<div class="code${known ? '' : ' plain'}">${inner}</div>\n`
  }

  function tabs(panels) {
    const buttons = panels.map(
      ([language]) =>
        `<button type="button" role="tab" data-choose="${language}"${panels.length === 1 ? ' disabled' : ''}>${names[language]}</button>`,
    )
    const contents = panels.map(([language, content]) => {
      const note =
        language === 'js' && /^\s*(?:await )?using /m.test(content)
          ? '<p class="note"><code>using</code> needs Node 24 or newer.</p>'
          : ''
      return `<div class="panel" data-language="${language}">${code(content, language)}${note}</div>`
    })
    const kind = panels.length === 1 ? 'tabs single' : 'tabs'
    return `<div class="${kind}"><div class="languages" role="tablist">${buttons.join('')}</div>${contents.join('')}</div>\n`
  }
}

/** Gives headings the anchors of GitHub, so that one link leads to the same place in both, or those that they ask for. */
function nameHeadings(tokens) {
  const headings = []
  const taken = new Set()
  tokens.forEach((token, index) => {
    if (token.type !== 'heading_open') return
    const inline = tokens[index + 1]
    const asked = /\s*\{#([\w-]+)\}$/.exec(inline.content)?.[1]
    if (asked !== undefined) {
      const last = inline.children.at(-1)
      last.content = last.content.replace(/\s*\{#[\w-]+\}$/, '')
    }
    const title = inline.children
      .map(({ content }) => content)
      .join('')
      .trim()
    const plain = asked ?? slugOf(title)
    let anchor = plain
    for (let count = 1; taken.has(anchor); count++) anchor = `${plain}-${count}`
    taken.add(anchor)
    token.attrSet('id', anchor)
    headings.push({ level: Number(token.tag.slice(1)), title, anchor })
  })
  return headings
}

function slugOf(title) {
  return title
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation} -]/gu, '')
    .replace(/ /g, '-')
}

/** Puts the JavaScript beside each block of TypeScript. Blocks below `<!-- continues -->` are one program with those before. */
function addJavaScript(tokens) {
  const programs = []
  let continues = false
  for (const token of tokens) {
    if (token.type === 'html_block') continues = token.content.includes('<!-- continues -->')
    else if (token.type === 'fence' && token.info.trim() === 'ts') {
      if (continues && programs.length > 0) programs.at(-1).push(token)
      else programs.push([token])
      continues = false
    } else continues = false
  }
  for (const program of programs) {
    for (const [index, js] of strippedOf(program.map(({ content }) => content)).entries()) program[index].meta = { js }
  }
}

/** Decorators, say, are TypeScript's alone: such a program is shown in it. */
function strippedOf(blocks) {
  try {
    return stripTypes(blocks)
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}

function relinkToken(token, relink) {
  const attribute = token.type === 'link_open' ? 'href' : token.type === 'image' ? 'src' : undefined
  if (attribute === undefined) return
  const target = relink(token.attrGet(attribute))
  if (target !== undefined) token.attrSet(attribute, target)
  // Links to code lead nowhere from here: their text stays.
  else if (token.type === 'link_open') token.tag = 'span'
}

function closeSpans(children) {
  const open = []
  for (const token of children) {
    if (token.type === 'link_open') {
      open.push(token.tag)
      if (token.tag === 'span') token.attrs = null
    } else if (token.type === 'link_close') token.tag = open.pop()
  }
}
