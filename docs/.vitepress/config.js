import { existsSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'

const docs = new URL('../', import.meta.url)
const contents = readFileSync(new URL('guide.md', docs), 'utf8')

/** The navigation: the sections of the table of contents, and the chapters that they link to. */
const sections = contents
  .split(/^## /m)
  .slice(1)
  .map((section) => ({
    text: section.slice(0, section.indexOf('\n')),
    items: Array.from(section.matchAll(/^\| \[([^\]]+)\]\(([^)]+)\.md\)/gm), ([, text, link]) => ({
      text,
      link: `/${link}`,
    })),
  }))
  .filter(({ items }) => items.length > 0)

/** Folders of pages with an index each; the pages of the API, which are made from the code, are listed, too. */
const reference = Object.entries({ errors: 'Errors', benchmarks: 'Benchmarks', api: 'API' })
  .filter(([folder]) => existsSync(new URL(`${folder}/README.md`, docs)))
  .map(([folder, text]) => ({ text, link: `/${folder}/` }))
const modules = new URL('api/sidebar.json', docs)
if (existsSync(modules)) reference.push(...JSON.parse(readFileSync(modules, 'utf8')))

/** The anchors of GitHub, so that one link leads to the same place in both. */
function slugify(title) {
  return title
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation} -]/gu, '')
    .replace(/ /g, '-')
}

/** Links to code lead nowhere from here: their text stays. */
function unlinkCode(markdown) {
  const { link_open: open, link_close: close } = markdown.renderer.rules
  let outside = false
  markdown.renderer.rules.link_open = (tokens, index, options, env, self) => {
    outside = /^\.\.\/(?:\.\.\/)?(?:src|bench|test|README|CHANGELOG|CONTRIBUTING|SECURITY)/.test(
      tokens[index].attrGet('href'),
    )
    if (outside) return '<span>'
    return open === undefined ? self.renderToken(tokens, index, options) : open(tokens, index, options, env, self)
  }
  markdown.renderer.rules.link_close = (tokens, index, options, env, self) => {
    if (outside) return '</span>'
    return close === undefined ? self.renderToken(tokens, index, options) : close(tokens, index, options, env, self)
  }
}

export default defineConfig({
  title: 'gvent',
  description: 'gevent for Node.js',
  outDir: '../build/site',
  cacheDir: '../build/site-cache',
  rewrites: (page) => (page === 'guide.md' ? 'index.md' : page.replace(/README\.md$/, 'index.md')),
  cleanUrls: false,
  markdown: { anchor: { slugify }, config: unlinkCode },
  themeConfig: {
    sidebar: [
      { text: 'Contents', link: '/' },
      ...sections,
      ...(reference.length > 0 ? [{ text: 'Reference', items: reference }] : []),
    ],
    search: { provider: 'local' },
    outline: [2, 3],
  },
})
