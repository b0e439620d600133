/**
 * Draws which folder of `src` imports which, from the imports themselves, into `docs/architecture.svg`:
 * `npm run architecture`. With `--check` it writes nothing, and fails if the picture is not what it would draw.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const picture = join(root, 'docs', 'architecture.svg')
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

const style = `
text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
.name { font-weight: 600; font-size: 14px } .note { fill: #59636e } .middle { text-anchor: middle }
.ground { fill: #ffffff; stroke: #d1d9e0 } .frame { fill: none; stroke: #0b7a53; stroke-width: 1.5 }
.box { fill: #f0f7f4; stroke: #0b7a53 } .arrow { fill: none; stroke: #59636e; stroke-width: 1.5 } .head { fill: #59636e }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .note { fill: #9198a1 } .ground { fill: #0d1117; stroke: #3d444d }
  .frame { stroke: #3fb984 } .box { fill: #12241d; stroke: #3fb984 } .arrow { stroke: #9198a1 } .head { fill: #9198a1 }
}
`

const text = draw(readImports())
if (!values.check) writeFileSync(picture, text)
else if (readFileSync(picture, 'utf8') !== text) {
  console.error('docs/architecture.svg does not show the imports as they are: npm run architecture')
  process.exitCode = 1
}

/** How many modules of each area import something from which other area, and how many modules an area has. */
function readImports() {
  const counts = new Map()
  const modules = new Map()
  const src = join(root, 'src')
  const add = (map, key) => map.set(key, (map.get(key) ?? 0) + 1)
  for (const file of readdirSync(src, { recursive: true }).filter((name) => name.endsWith('.ts'))) {
    const from = areaOf(file)
    add(modules, from)
    const { importedFiles } = ts.preProcessFile(readFileSync(join(src, file), 'utf8'), true, true)
    const targets = importedFiles.map(({ fileName }) => targetOf(file, fileName))
    for (const to of new Set(targets)) if (to !== from) add(counts, `${from} ${to}`)
  }
  return { counts, modules }
}

/** The folder that a module is in: of io each by itself, of the others the first. */
function areaOf(file) {
  const folders = dirname(file).split('/')
  if (folders[0] === '.') return 'index'
  return folders[0] === 'io' && folders.length > 1 ? `io/${folders[1]}` : folders[0]
}

function targetOf(file, name) {
  if (name.startsWith('.')) return areaOf(join(dirname(file), name))
  // The types of a patched module are declared under its plain name.
  return /^gvent(\/|$)/.test(name) ? 'index' : 'node'
}

function draw({ counts, modules }) {
  const inside = [...modules.keys()].filter((area) => area.startsWith('io/')).sort()
  const columns = 4
  const rows = Math.ceil(inside.length / columns)
  const ioHeight = 56 + rows * 48
  const band = (area) => [...counts].reduce((sum, [edge, count]) => sum + (belongs(edge, area) ? count : 0), 0)
  const belongs = (edge, [from, to]) => {
    const [source, target] = edge.split(' ')
    return top(source) === from && top(target) === to
  }
  const top = (area) => area.split('/')[0]
  const many = (area) => [...modules].reduce((sum, [name, count]) => sum + (top(name) === area ? count : 0), 0)

  const programs = 24
  const entry = 118
  const io = 212
  const scheduler = io + ioHeight + 54
  const height = scheduler + 84
  const [left, right, side] = [24, 560, 600]
  const shapes = [
    box(left, programs, 260, 48, 'examples', `${many('examples')} modules, as a user writes them`),
    box(300, programs, 260, 48, 'command', 'gvent …: starts an example as a program'),
    box(left, entry, right - left, 48, 'index', "what 'gvent' exports: io and the scheduler"),
    frame(left, io, right - left, ioHeight),
    label(left + 16, io + 26, 'io', `${modules.get('io')} modules: sockets, servers, fetch, DNS; and in folders:`),
    ...inside.map((area, index) => {
      const [x, y] = [left + 16 + (index % columns) * 128, io + 46 + Math.floor(index / columns) * 48]
      return box(x, y, 120, 40, area.slice(3), `${modules.get(area)} modules`)
    }),
    box(
      left,
      scheduler,
      right - left,
      56,
      'scheduler',
      `${many('scheduler')} modules: hub, greenlets, operations, and all that waits`,
    ),
    box(side, io, 150, 60, 'testing', `${many('testing')} modules`),
    box(side, programs, 150, 48, 'Node', 'node:…'),
    arrow(154, programs + 48, 154, entry, band(['examples', 'index'])),
    arrow(200, entry + 48, 200, io, band(['index', 'io'])),
    arrow(290, io + ioHeight, 290, scheduler, band(['io', 'scheduler'])),
    arrow(side, io + 34, right, io + 34, band(['testing', 'io'])),
    bend(side + 75, io + 60, scheduler + 28, right, band(['testing', 'scheduler'])),
    arrow(side + 60, io - 24, side + 60, programs + 48, band(['io', 'node']), right - 30, io),
    label(
      left,
      height - 12,
      '',
      'An arrow leads from who imports to what is imported, with the number of modules that do.',
    ),
  ]
  const expected = [
    'examples index',
    'index io',
    'index scheduler',
    'io scheduler',
    'io node',
    'testing io',
    'testing scheduler',
    'testing node',
    'examples node',
    'command node',
  ]
  for (const edge of counts.keys()) {
    const [from, to] = edge.split(' ').map(top)
    if (from !== to && !expected.includes(`${from} ${to}`))
      throw new Error(`the picture has no arrow from ${from} to ${to}`)
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="780" height="${height}" viewBox="0 0 780 ${height}" role="img">
<title>Which folder of src imports which</title>
<style>${style}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="head" d="M0 0 8 4 0 8Z"/></marker></defs>
<rect class="ground" width="780" height="${height}" rx="8"/>
${shapes.join('\n')}
</svg>
`
}

function frame(x, y, width, height) {
  return `<rect class="frame" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`
}

function box(x, y, width, height, name, note) {
  const middle = x + width / 2
  const place = `<rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="5"/>`
  const first = `<text class="name middle" x="${middle}" y="${y + height / 2 - 2}">${name}</text>`
  return `${place}${first}<text class="note middle" x="${middle}" y="${y + height / 2 + 14}">${note}</text>`
}

function label(x, y, name, note) {
  return `<text x="${x}" y="${y}"><tspan class="name">${name} </tspan><tspan class="note">${note}</tspan></text>`
}

/** An arrow with a number beside it; with a fourth point it begins there. */
function arrow(x1, y1, x2, y2, count, x0 = x1, y0 = y1) {
  const path = `<path class="arrow" d="M${x0} ${y0}L${x1} ${y1}L${x2} ${y2}" marker-end="url(#head)"/>`
  const number = `<text class="note" x="${(x1 + x2) / 2 + 8}" y="${(y1 + y2) / 2 + (y1 === y2 ? -6 : 4)}">${count}</text>`
  return path + number
}

/** Down and then to the left. */
function bend(x, y1, y2, left, count) {
  const path = `<path class="arrow" d="M${x} ${y1}V${y2}H${left}" marker-end="url(#head)"/>`
  return `${path}<text class="note" x="${x + 8}" y="${(y1 + y2) / 2}">${count}</text>`
}
