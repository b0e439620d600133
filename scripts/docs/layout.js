/** The frame around each page: the bar on top, the contents on the left, the headings on the right. */
import { posix } from 'node:path'

const bar = [
  ['guide.html', 'Guide'],
  ['playground.html', 'Playground'],
  ['api/index.html', 'Reference'],
  ['benchmarks/index.html', 'Benchmarks'],
]
/** Before the first paint, so that nothing flashes: the theme and the language that were chosen, if any. */
const early = `
  const root = document.documentElement
  root.classList.add('scripted')
  try {
    for (const name of ['theme', 'language']) if (localStorage[name]) root.dataset[name] = localStorage[name]
  } catch {}`

/**
 * @param {{ output: string, html: string, title: string, room: string, headings: object[], scripts?: string[], wide?: boolean }} page
 * @param {{ title: string, chapters: { title: string, output: string }[] }[]} contents of the guide
 * @param {{ text: string, items: { text: string, link: string }[] }[]} modules of the reference
 * @returns {string} the whole page
 */
export function layOut(page, contents, modules) {
  const { output, html, title, headings, scripts = [], wide = false } = page
  const to = (place) => posix.relative(posix.dirname(output), place)
  const link = (place, text, kind = '') =>
    `<a href="${to(place)}"${kind}${place === output ? ' aria-current="page"' : ''}>${escape(text)}</a>`
  const isReference = page.room === 'reference'
  // Their tables are.
  const isBroad = page.room === 'benchmarks'
  const name = output === 'index.html' ? 'gvent: gevent for Node.js' : `${title} · gvent`
  const outline = headings.filter(({ level }) => level < 4)
  return `<!doctype html>
<html lang="${/\.zh-CN\./.test(output) ? 'zh-CN' : 'en'}" data-language="ts">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(name)}</title>
<meta name="description" content="gevent for Node.js: thousands of concurrent tasks, written as ordinary sequential code">
<link rel="icon" type="image/svg+xml" href="${to('assets/favicon.svg')}">
<link rel="stylesheet" href="${to('assets/style.css')}">
<script>${early}</script>
</head>
<body data-root="${to('index.html').slice(0, -'index.html'.length)}">
<a class="skip" href="#content">Skip to the content</a>
<header>
<button type="button" class="menu" aria-label="Contents" aria-expanded="false">☰</button>
<a class="brand" href="${to('index.html')}"><img src="${to('assets/favicon.svg')}" alt="" width="24" height="24">gvent</a>
<nav class="bar" aria-label="Site">${bar
    .filter(([place]) => modules.length > 0 || !place.startsWith('api/'))
    .map(([place, text]) => link(place, text))
    .join('')}</nav>
<button type="button" class="search" aria-haspopup="dialog"><span>Search</span><kbd>/</kbd></button>
<button type="button" class="theme" aria-label="Dark or light">◐</button>
</header>
<div class="frame${wide ? ' wide' : isBroad ? ' broad' : ''}">
<nav class="contents" aria-label="Contents">
${bar
  .filter(([place]) => modules.length > 0 || !place.startsWith('api/'))
  .map(([place, text]) => link(place, text, ' class="of-bar"'))
  .join('')}
${isReference ? modules.map(moduleSection).join('\n') : contents.map(section).join('\n')}
${isReference ? '' : `<h2>To look up</h2>\n<ul>${lookUps()}</ul>`}
</nav>
<main id="content">
${html}
${wide ? '' : turnPages()}
</main>
${outline.length > 1 && !wide && !isBroad ? `<nav class="outline" aria-label="On this page"><h2>On this page</h2><ul>${outline.map(outlined).join('')}</ul></nav>` : ''}
</div>
<dialog class="finder" aria-label="Search"><input type="search" placeholder="mutex, retry, graceful shutdown…" aria-label="Search" autocomplete="off" spellcheck="false"><ol></ol></dialog>
<script src="${to('assets/site.js')}"></script>
${scripts.map((script) => `<script src="${to(script)}"></script>`).join('\n')}
</body>
</html>
`

  function section({ title: heading, chapters }) {
    return `<h2>${escape(heading)}</h2>\n<ul>${chapters.map((chapter) => `<li>${link(chapter.output, chapter.title)}</li>`).join('')}</ul>`
  }

  function lookUps() {
    const places = [
      ['errors/index.html', 'Errors'],
      ['examples.html', 'Examples'],
      ['changelog.html', 'Changelog'],
      ['contributing.html', 'Contributing'],
      ['security.html', 'Security'],
      ['index.zh-CN.html', '中文'],
    ]
    return places.map(([place, text]) => `<li>${link(place, text)}</li>`).join('')
  }

  function moduleSection({ text, items }) {
    const places = items.map((item) => [`${item.link.slice(1)}.html`, item.text])
    const open = places.some(([place]) => place === output) ? ' open' : ''
    return `<details${open}><summary>${escape(text)}</summary><ul>${places.map(([place, label]) => `<li>${link(place, label)}</li>`).join('')}</ul></details>`
  }

  function outlined({ level, title: heading, anchor }) {
    return `<li class="level-${level}"><a href="#${anchor}">${escape(heading)}</a></li>`
  }

  function turnPages() {
    const chapters = contents.flatMap((each) => each.chapters)
    const index = chapters.findIndex((chapter) => chapter.output === output)
    if (index === -1) return ''
    const [before, after] = [chapters[index - 1], chapters[index + 1]]
    return `<nav class="turn" aria-label="Chapters">${before ? link(before.output, `← ${before.title}`) : '<span></span>'}${after ? link(after.output, `${after.title} →`) : ''}</nav>`
  }
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
