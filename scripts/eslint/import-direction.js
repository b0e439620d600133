/**
 * Imports run one way: examples -> io -> scheduler, async -> scheduler (its entry on Node -> io), and testing -> io and async. The scheduler runs in a browser, so it imports
 * nothing but itself; nothing of the library imports testing, which programs in production do not load; the examples
 * are what a user would write, so they import the package by its name.
 */
import { dirname, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const src = fileURLToPath(new URL('../../src', import.meta.url))

/** The folders that the files of each may import from, besides their own. */
const below = {
  scheduler: [],
  async: ['scheduler'],
  io: ['scheduler'],
  testing: ['async', 'io', 'scheduler'],
  examples: [],
  jobs: ['io', 'scheduler'],
  command: ['console', 'jobs', 'testing', 'async', 'io', 'scheduler'],
}

/** The entry that a program on Node switches on: it puts Node under the hub, and what is behind it does not. */
const entry = resolve(src, 'async', 'index.ts')
/** What everybody can import, which the command may, too. */
const index = resolve(src, 'index.js')
const install = resolve(src, 'async', 'install.ts')

/** @type {import('eslint').Rule.RuleModule} */
export const importDirection = {
  meta: {
    type: 'problem',
    docs: { description: 'keep imports running from the examples to io to the scheduler' },
    schema: [],
    messages: {
      scheduler: "The scheduler runs without Node and imports only itself, not '{{source}}'.",
      io: "io builds on the scheduler only, not on '{{source}}'.",
      async: "async builds on the scheduler only, not on '{{source}}'.",
      testing: "testing builds on async, io and the scheduler only, not on '{{source}}'.",
      jobs: "jobs builds on io and the scheduler only, not on '{{source}}'.",
      command: "The command builds on the library; it does not import '{{source}}'.",
      examples: "An example imports what a user can ('gvent', 'node:…' or a file beside it), not '{{source}}'.",
    },
  },
  create(context) {
    const layer = layerOf(context.filename)
    if (layer === undefined || !(layer in below)) return {}

    function check(node) {
      const source = node.source?.value
      if (typeof source === 'string' && !allowed(layer, context.filename, source)) {
        context.report({ node: node.source, messageId: layer, data: { source } })
      }
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportAllDeclaration: check,
      ExportNamedDeclaration: check,
      TSImportType: check,
    }
  },
}

/** The first folder below src, or undefined for a file that is not in one. */
function layerOf(file) {
  const path = relative(src, file).split(sep)
  return path.length > 1 && path[0] !== '..' ? path[0] : undefined
}

function allowed(layer, file, source) {
  if (source.startsWith('.')) {
    const target = layerOf(resolve(dirname(file), source))
    if (layer === 'command' && resolve(dirname(file), source) === index) return true
    return target === layer || below[layer].includes(target) || (file === entry && target === 'io')
  }
  if (layer === 'scheduler') return false
  // What all entries of async share has the host of the platform that loads it.
  if (file === install && source === '#platform') return true
  if (source.startsWith('#') || source === 'gvent' || source.startsWith('gvent/'))
    return layer === 'examples' && !source.startsWith('#')
  return true
}
