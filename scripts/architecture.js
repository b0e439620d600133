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

/** The areas there are, and the pairs of which the first imports the second. */
function readImports() {
  const areas = new Set()
  const pairs = new Set()
  const src = join(root, 'src')
  for (const file of readdirSync(src, { recursive: true }).filter((name) => name.endsWith('.ts'))) {
    const from = areaOf(file)
    areas.add(from)
    const { importedFiles } = ts.preProcessFile(readFileSync(join(src, file), 'utf8'), true, true)
    for (const { fileName } of importedFiles) pairs.add(`${from} ${targetOf(file, fileName)}`)
  }
  return { areas, pairs }
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

function draw({ areas, pairs }) {
  const inside = [...areas].filter((area) => area.startsWith('io/')).sort()
  const columns = 4
  const ioHeight = 52 + Math.ceil(inside.length / columns) * 44
  const [left, right, side] = [24, 560, 600]
  const [programs, entry, io] = [24, 118, 212]
  const scheduler = io + ioHeight + 46
  const height = scheduler + 92
  const arrows = {
    'examples index': arrow([154, programs + 48], [154, entry]),
    'examples node': arrow([540, programs + 24], [side, programs + 24]),
    'index io': arrow([200, entry + 48], [200, io]),
    'index scheduler': arrow([left, entry + 24], [10, entry + 24], [10, scheduler + 28], [left, scheduler + 28]),
    'io node': arrow([540, io], [540, io - 24], [side + 60, io - 24], [side + 60, programs + 48]),
    'io scheduler': arrow([290, io + ioHeight], [290, scheduler]),
    'testing io': arrow([side, io + 34], [right, io + 34]),
    'testing node': arrow([side + 120, io], [side + 120, programs + 48]),
    'testing scheduler': arrow([side + 75, io + 60], [side + 75, scheduler + 28], [right, scheduler + 28]),
    'testing async': arrow([side + 32, io + 60], [side + 32, io + 100]),
    'async scheduler': arrow([side + 32, io + 136], [side + 32, scheduler + 14], [right, scheduler + 14]),
    'async io': arrow([side, io + 128], [right, io + 128]),
    'async node': arrow(
      [side, io + 118],
      [580, io + 118],
      [580, io - 12],
      [side + 90, io - 12],
      [side + 90, programs + 48],
    ),
    'eslint node': arrow([side + 150, io + 118], [770, io + 118], [770, programs + 24], [side + 150, programs + 24]),
    'jobs io': arrow([side + 86, io + 162], [right, io + 162]),
    'jobs node': arrow([side + 150, io + 168], [762, io + 168], [762, programs + 34], [side + 150, programs + 34]),
    'jobs scheduler': arrow([side + 118, io + 186], [side + 118, scheduler + 42], [right, scheduler + 42]),
    'command index': arrow([440, programs + 48], [440, entry]),
    'command testing': arrow([530, programs + 48], [530, programs + 64], [614, programs + 64], [614, io]),
    'command jobs': arrow([480, programs + 48], [480, io - 36], [590, io - 36], [590, io + 176], [side + 86, io + 176]),
    'command io': arrow([520, programs + 48], [520, entry + 70], [520, io]),
    'command scheduler': arrow(
      [500, programs + 48],
      [500, entry + 64],
      [574, entry + 64],
      [574, scheduler + 48],
      [right, scheduler + 48],
    ),
    'command console': arrow([540, programs + 42], [566, programs + 42], [566, entry + 10], [side + 72, entry + 10]),
    'console node': arrow([side + 135, entry], [side + 135, programs + 48]),
    'console io': arrow([side + 72, entry + 22], [570, entry + 22], [570, io + 20], [right, io + 20]),
    'console scheduler': arrow(
      [side + 146, entry + 14],
      [776, entry + 14],
      [776, scheduler + 52],
      [right, scheduler + 52],
    ),
    'command node': arrow([540, programs + 36], [side, programs + 36]),
  }
  const needed = new Set(
    [...pairs]
      .map((pair) => pair.split(' ').map(folderOf))
      .filter(([a, b]) => a !== b)
      .map((pair) => pair.join(' ')),
  )
  const missing = [...needed].filter((pair) => !(pair in arrows))
  if (missing.length > 0) throw new Error(`imports that have no place in the picture: ${missing.join(', ')}`)
  const shapes = [
    box(left, programs, 260, 48, 'examples', 'programs, as a user writes them'),
    box(300, programs, 240, 48, 'command', 'gvent …: starts an example'),
    box(side, programs, 150, 48, 'Node', 'node:…'),
    box(left, entry, right - left, 48, 'index', "what 'gvent' exports: io and the scheduler"),
    `<rect class="frame" x="${left}" y="${io}" width="${right - left}" height="${ioHeight}" rx="6"/>`,
    label(left + 16, io + 26, 'io', 'sockets, servers, fetch, DNS; and in folders:'),
    ...inside.map((area, index) => {
      const [x, y] = [left + 16 + (index % columns) * 128, io + 42 + Math.floor(index / columns) * 44]
      return box(x, y, 120, 36, area.slice(3))
    }),
    box(side, io, 150, 60, 'testing', 'clock, network, search'),
    box(side + 72, entry, 74, 30, 'console'),
    box(side, io + 100, 64, 36, 'async'),
    box(side + 86, io + 100, 64, 36, 'eslint'),
    box(side + 86, io + 150, 64, 36, 'jobs'),
    box(left, scheduler, right - left, 56, 'scheduler', 'hub, greenlets, operations, and all that waits'),
    ...[...needed].sort().map((pair) => arrows[pair]),
    label(left, height - 12, '', 'An arrow leads from who imports to what is imported.'),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="780" height="${height}" viewBox="0 0 780 ${height}" role="img">
<title>Which folder of src imports which</title>
<style>${style}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="head" d="M0 0 8 4 0 8Z"/></marker></defs>
<rect class="ground" width="780" height="${height}" rx="8"/>
${shapes.join('\n')}
</svg>
`
}

/** The first folder of an area. */
function folderOf(area) {
  return area.split('/')[0]
}

function box(x, y, width, height, name, note) {
  const [middle, line] = [x + width / 2, y + height / 2]
  const place = `<rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="5"/>`
  const title = `<text class="name middle" x="${middle}" y="${line + (note ? -2 : 5)}">${name}</text>`
  return note
    ? `${place}${title}<text class="note middle" x="${middle}" y="${line + 14}">${note}</text>`
    : place + title
}

function label(x, y, name, note) {
  return `<text x="${x}" y="${y}"><tspan class="name">${name} </tspan><tspan class="note">${note}</tspan></text>`
}

function arrow(...points) {
  return `<path class="arrow" d="M${points.map(([x, y]) => `${x} ${y}`).join('L')}" marker-end="url(#head)"/>`
}
