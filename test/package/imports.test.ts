import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { root } from './consumer.js'

const dist = join(root, 'dist')

/** What each built module imports when it is loaded. Imports of types are gone by then, and may run in circles. */
async function readGraph(): Promise<Map<string, string[]>> {
  const graph = new Map<string, string[]>()
  for (const file of await readdir(dist, { recursive: true })) {
    if (!file.endsWith('.js')) continue
    const { importedFiles } = ts.preProcessFile(await readFile(join(dist, file), 'utf8'), true, true)
    const imports = importedFiles.map(({ fileName }) => fileName)
    graph.set(
      file,
      imports.map((name) => (name.startsWith('.') ? join(dirname(file), name) : name)),
    )
  }
  return graph
}

/** The first circle that a walk along the imports meets, as the modules on it. */
function findCircle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    path.push(file)
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next)
      if (circle !== undefined) return circle
    }
    path.pop()
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const circle = visit(file)
    if (circle !== undefined) return circle
  }
  return undefined
}

test('no module imports itself, by however many steps', async () => {
  const graph = await readGraph()
  assert.ok(graph.size > 1)
  assert.equal(findCircle(graph)?.join(' -> '), undefined)
})

test('a circle of imports is found', () => {
  const graph = new Map([
    ['a', ['b', 'c']],
    ['b', []],
    ['c', ['b', 'd']],
    ['d', ['c', 'b']],
  ])
  assert.deepEqual(findCircle(graph), ['c', 'd', 'c'])
})

test('what is built imports in one direction: examples and testing, io and async, scheduler', async () => {
  const graph = await readGraph()
  for (const [file, imports] of graph) {
    for (const name of imports) {
      const where = `${file} imports ${name}`
      if (file.startsWith('scheduler/')) assert.match(name, /^scheduler\//, where)
      else if (file.startsWith('io/')) assert.match(name, /^(io|scheduler)\/|^node:/, where)
      // The entry that Node loads puts Node under the hub.
      else if (file === 'async/index.js') assert.match(name, /^(async|io|scheduler)\/|^node:/, where)
      else if (file.startsWith('async/')) assert.match(name, /^(async|scheduler)\/|^node:/, where)
      else if (file.startsWith('testing/')) assert.match(name, /^(testing|async|io|scheduler)\/|^node:/, where)
      else if (file.startsWith('command/')) assert.match(name, /^(command\/|node:)/, where)
      else if (file.startsWith('examples/')) assert.match(name, /^(examples\/|gvent(\/|$)|node:)/, where)
    }
  }
})
