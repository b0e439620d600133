/** The search of the site: the same in the page, and where its index is made. */
import MiniSearch from 'minisearch'

/** So much a page counts by where it stands: the guide explains, the reference and the figures are for those who know the name. */
const weights = { guide: 1, project: 0.7, errors: 0.6, reference: 0.5, benchmarks: 0.3 }

const options = {
  fields: ['title', 'page', 'words', 'text'],
  storeFields: ['title', 'page', 'url', 'weight', 'excerpt', 'names'],
  processTerm: (term) => {
    const whole = term.toLowerCase()
    const parts = term.split(/(?<=[a-z\d])(?=[A-Z])/)
    return [whole, ...(parts.length > 1 ? parts.map((part) => part.toLowerCase()) : [])].map(singular)
  },
  searchOptions: {
    boost: { words: 12, title: 5, page: 3 },
    // A prefix is what somebody is still typing; letters that are wrong are looked for in long words alone.
    prefix: (term) => term.length > 2,
    fuzzy: (term) => (term.length > 5 ? 0.2 : false),
    weights: { prefix: 0.3, fuzzy: 0.1 },
    processTerm: (term) => singular(term.toLowerCase()),
  },
}

function singular(term) {
  return term.replace(/ies$/, 'y').replace(/([^s])s$/, '$1')
}

/**
 * A section of a page.
 *
 * @typedef {object} Section
 * @property {string} url
 * @property {string} title its heading
 * @property {string} page the title of the page
 * @property {string} room
 * @property {string} text
 * @property {readonly string[]} words that people use for it, and that it does not
 */

/**
 * @param {readonly Section[]} sections
 * @returns {string} the index as JSON
 */
export function makeIndex(sections) {
  const index = new MiniSearch(options)
  index.addAll(
    sections.map((section, id) => ({
      ...section,
      id,
      weight: section.url.startsWith('changelog') ? 0.2 : weights[section.room],
      excerpt: section.text.slice(0, 180),
      words: section.words.join(' '),
      // Who types one of them as a whole means this section.
      names: [section.title, ...section.words].map((name) => name.toLowerCase()),
    })),
  )
  return JSON.stringify(index)
}

/**
 * @param {string} json an index
 * @returns {(words: string) => { url: string, title: string, page: string, excerpt: string }[]} finds sections, the best first
 */
export function loadIndex(json) {
  const index = MiniSearch.loadJSON(json, options)
  return (words) => {
    const whole = words.trim().toLowerCase()
    const boostDocument = (_id, _term, { weight, names }) => (names.includes(whole) ? 10 : 1) * weight
    const all = index.search(words, { boostDocument, combineWith: 'AND' })
    const has = new Set(all.map(({ id }) => id))
    // Then those that have some of the words.
    return [...all, ...index.search(words, { boostDocument }).filter(({ id }) => !has.has(id))]
  }
}
