/** Takes rendered pages apart into the sections that the search finds. */
import { searchWords } from './search-words.js'

const entities = { amp: '&', lt: '<', gt: '>', quot: '"' }

/**
 * @param {import('./sources.js').Source & import('./markdown.js').Rendered} page
 * @returns {import('./browser/search.js').Section[]}
 */
export function sectionsOf({ output, room, html, title }) {
  // Of a program in two languages, one is enough.
  const once = html.replace(
    /<div class="tabs"><div class="languages".*?(?=<div class="panel" data-language="ts">)/gs,
    '',
  )
  return once
    .split(/(?=<h[1-6] id=")/)
    .filter((part) => part.startsWith('<h'))
    .map((part) => {
      const [, level, anchor, heading, text] = /^<h(\d) id="([^"]+)">(.*?)<a class="anchor".*?<\/h\d>(.*)$/s.exec(part)
      const url = level === '1' ? output : `${output}#${anchor}`
      return { url, title: textOf(heading), page: title, room, text: textOf(text), words: searchWords[url] ?? [] }
    })
}

function textOf(html) {
  return html
    .replace(/<[^>]*>/g, (tag) => (/^<\/?(?:code|span|a|em|strong)\b/.test(tag) ? '' : ' '))
    .replace(/&(?:#x([0-9a-f]+)|#(\d+)|(amp|lt|gt|quot));/gi, (_, hexadecimal, decimal, name) =>
      name === undefined
        ? String.fromCodePoint(parseInt(hexadecimal ?? decimal, hexadecimal ? 16 : 10))
        : entities[name],
    )
    .replace(/\s+/g, ' ')
    .trim()
}
