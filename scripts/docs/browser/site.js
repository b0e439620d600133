/** What pages do: themes, languages, the search, copying, and the contents on small screens. Without it they can be read all the same. */
import { loadIndex } from './search.js'

const { documentElement: root, body } = document
/** The way from this page to the front. */
const toRoot = body.dataset.root

// Storage may be refused, in a page from disk, say.
function remember(name, value) {
  root.dataset[name] = value
  try {
    localStorage[name] = value
  } catch {
    // It is chosen for this page alone.
  }
}

document.querySelector('.theme').addEventListener('click', () => {
  const { theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light' } = root.dataset
  remember('theme', theme === 'dark' ? 'light' : 'dark')
})

for (const button of document.querySelectorAll('.languages button')) {
  button.addEventListener('click', () => {
    // What was clicked stays where it is on the screen, though all programs of the page change.
    const before = button.getBoundingClientRect().top
    remember('language', button.dataset.choose)
    markLanguage()
    scrollBy({ top: button.getBoundingClientRect().top - before, behavior: 'instant' })
  })
}
markLanguage()

function markLanguage() {
  for (const button of document.querySelectorAll('.tabs:not(.single) .languages button')) {
    button.setAttribute('aria-selected', String(button.dataset.choose === root.dataset.language))
  }
}

const menu = document.querySelector('.menu')
menu.addEventListener('click', () => {
  const isOpen = root.classList.toggle('contents-open')
  menu.setAttribute('aria-expanded', String(isOpen))
})
document.querySelector('.contents [aria-current]')?.scrollIntoView({ block: 'center', behavior: 'instant' })
if (!location.hash) scrollTo({ top: 0, behavior: 'instant' })

if (navigator.clipboard) {
  for (const code of document.querySelectorAll('.code')) {
    const button = Object.assign(document.createElement('button'), {
      type: 'button',
      className: 'copy',
      textContent: 'Copy',
    })
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(code.querySelector('pre').textContent)
      button.textContent = 'Copied'
      setTimeout(() => (button.textContent = 'Copy'), 1500)
    })
    code.append(button)
  }
}

const finder = document.querySelector('.finder')
const input = finder.querySelector('input')
const list = finder.querySelector('ol')
let find
let chosen = 0

document.querySelector('.search').addEventListener('click', openFinder)
document.addEventListener('keydown', (event) => {
  const isTyping = event.target.closest?.('input, textarea, [contenteditable]')
  const isAsked = (event.key === '/' && !isTyping) || (event.key === 'k' && (event.metaKey || event.ctrlKey))
  if (!isAsked || finder.open) return
  event.preventDefault()
  openFinder()
})
finder.addEventListener('click', (event) => {
  if (event.target === finder) finder.close()
})
input.addEventListener('input', showFound)
input.addEventListener('keydown', (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step !== undefined) {
    event.preventDefault()
    choose(chosen + step)
  } else if (event.key === 'Escape') {
    // In a field with text it would empty the field first.
    event.preventDefault()
    finder.close()
  } else if (event.key === 'Enter') list.children[chosen]?.querySelector('a')?.click()
})

/** The index is loaded with the first search: it is larger than all else of a page. */
function openFinder() {
  finder.showModal()
  input.select()
  if (find !== undefined) return
  const script = document.createElement('script')
  script.src = `${toRoot}assets/search-index.js`
  script.onload = () => {
    find = loadIndex(globalThis.gventSearchIndex)
    showFound()
  }
  document.head.append(script)
}

function showFound() {
  const words = input.value.trim()
  if (find === undefined || words === '') {
    list.replaceChildren()
    return
  }
  const found = find(words).slice(0, 12)
  list.replaceChildren(...(found.length > 0 ? found.map(itemOf) : [element('li', 'none', `Nothing about “${words}”.`)]))
  choose(0)
}

function itemOf({ url, title, page, excerpt }) {
  const link = element('a', '', '')
  link.href = toRoot + url
  link.append(element('strong', '', title), ' ', element('span', 'of', page === title ? '' : page))
  link.append(element('span', 'excerpt', excerpt))
  link.addEventListener('click', () => finder.close())
  const item = element('li', '', '')
  item.append(link)
  return item
}

function choose(index) {
  const count = list.children.length
  if (count === 0) return
  list.children[chosen]?.classList.remove('chosen')
  chosen = (index + count) % count
  list.children[chosen].classList.add('chosen')
  list.children[chosen].scrollIntoView({ block: 'nearest' })
}

function element(tag, className, text) {
  return Object.assign(document.createElement(tag), { className, textContent: text })
}
