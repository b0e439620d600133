import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import ts from 'typescript'
import { root } from './consumer.js'

const dist = join(root, 'dist')
const source = join(root, 'src')

/** What each file of a folder imports: of what is built, when it is loaded; of the sources, for types as well. */
async function readGraph(folder: string, extension: '.js' | '.ts'): Promise<Map<string, string[]>> {
  const graph = new Map<string, string[]>()
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith(extension)) continue
    const { importedFiles } = ts.preProcessFile(
      withoutLater(await readFile(join(folder, file), 'utf8'), extension),
      true,
      true,
    )
    const imports = importedFiles.map(({ fileName }) => fileName)
    graph.set(
      file,
      imports.map((name) => (name.startsWith('.') ? join(dirname(file), name).replace(/\.js$/, extension) : name)),
    )
  }
  return graph
}

/** A bundle that is imported when it is needed may import the one that did so: all of that is loaded by then. */
function withoutLater(text: string, extension: '.js' | '.ts'): string {
  return extension === '.js' ? text.replace(/\bimport\((['"])[^'"]*\1\)/g, '') : text
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
  const graph = await readGraph(dist, '.js')
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
  const graph = await readGraph(dist, '.js')
  for (const [file, imports] of graph) {
    for (const name of imports) {
      const where = `${file} imports ${name}`
      if (file.startsWith('scheduler/')) assert.match(name, /^scheduler\//, where)
      else if (file.startsWith('io/')) assert.match(name, /^(io|scheduler)\/|^node:/, where)
      // The entry that Node loads puts Node under the hub.
      else if (file === 'async/index.js') assert.match(name, /^(async|io|scheduler)\/|^node:/, where)
      // What all entries share has the host of the platform that loads it.
      else if (file === 'async/install.js') assert.match(name, /^(async|scheduler)\/|^#platform$/, where)
      else if (file.startsWith('async/')) assert.match(name, /^(async|scheduler)\/|^node:/, where)
      else if (file.startsWith('testing/')) assert.match(name, /^(testing|async|io|scheduler)\/|^node:/, where)
      else if (file.startsWith('command/fetch/')) {
        // It stands on what everybody can import.
        assert.match(name, /^command\/|^(index|jobs\/index|testing\/index)\.js$|^node:/, where)
      } else if (file.startsWith('command/'))
        assert.match(name, /^(command|console|jobs|async|io|scheduler)\/|^node:/, where)
      else if (/^(console|jobs)\//.test(file)) assert.match(name, /^(console|jobs|io|scheduler)\/|^node:/, where)
      else if (file.startsWith('examples/')) assert.match(name, /^(examples\/|gvent(\/|$)|node:)/, where)
    }
  }
})

test('no file of src imports itself, types included, but for a wait and its operation', async () => {
  const graph = await readGraph(source, '.ts')
  const wait = join('scheduler', 'kernel', 'wait.ts')
  const operation = join('scheduler', 'kernel', 'operation.ts')
  assert.ok(graph.get(wait)?.includes(operation) && graph.get(operation)?.includes(wait))
  // The two are one thing: a wait is for an operation, and an operation is what begins and ends its waits.
  graph.set(
    wait,
    graph.get(wait)!.filter((name) => name !== operation),
  )
  assert.equal(findCircle(graph)?.join(' -> '), undefined)
})

test('the rooms of the scheduler and of io import one way', async () => {
  const files = await readGraph(source, '.ts')
  // It puts the host of the hub together from all over io.
  const composition = join('io', 'node', 'node-host.ts')
  const roomOf = (file: string): string | undefined =>
    file === composition ? undefined : /^(?:scheduler|io)\/[\w-]+(?=\/)/.exec(file)?.[0]
  const rooms = new Map<string, string[]>()
  for (const [file, imports] of files) {
    const room = roomOf(file)
    if (room === undefined) continue
    const others = imports.map(roomOf).filter((other) => other !== undefined && other !== room) as string[]
    rooms.set(room, [...new Set([...(rooms.get(room) ?? []), ...others])])
  }
  assert.ok(rooms.get('scheduler/sync')?.includes('scheduler/kernel'))
  assert.equal(findCircle(rooms)?.join(' -> '), undefined)
})

test('no folder of src has more than 20 files', async () => {
  const sizes = new Map<string, number>()
  for (const file of (await readGraph(source, '.ts')).keys())
    sizes.set(dirname(file), (sizes.get(dirname(file)) ?? 0) + 1)
  assert.deepEqual(
    Array.from(sizes).filter(([, size]) => size > 20),
    [],
  )
})

test('no two exported classes have one name', async () => {
  const places = new Map<string, string[]>()
  for (const file of (await readGraph(source, '.ts')).keys()) {
    if (file.startsWith('examples')) continue
    const text = await readFile(join(source, file), 'utf8')
    for (const [, name] of text.matchAll(/^export (?:abstract )?class (\w+)/gm)) {
      places.set(name!, [...(places.get(name!) ?? []), file])
    }
  }
  assert.ok(places.has('Greenlet'))
  assert.deepEqual(
    Array.from(places).filter(([, files]) => files.length > 1),
    [],
  )
})
