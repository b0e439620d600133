import { describeGoal, linesOf, quantity, type Line, type WorkResult } from '../report.js'
import { measurementsOf, releaseOf, releasesOf, resultOf, type Measurement, type Results } from '../results.js'
import { summarize } from '../statistics.js'
import type { Peer, Work } from '../work.js'
import { suites } from '../works.js'
import { barChart, lineChart, type Series } from './chart.js'

const written = '<!-- Written by `npm run bench -- --render` from bench/results.json. -->'

/** All pages and charts, by their file names in `docs/benchmarks`. */
export function pagesOf(results: Results): Map<string, string> {
  const files = new Map<string, string>([['README.md', contentsPage(results)]])
  for (const [suite, { works }] of Object.entries(suites)) {
    files.set(`${suite}.md`, suitePage(suite, results))
    for (const work of works) {
      const [measurement] = measurementsOf(results, work.name)
      if (measurement) files.set(`${work.name}.svg`, chartOf(resultOf(work, measurement), measurement))
    }
  }
  return files
}

/** Every goal, with whether it was met in the last measurement on a release of Node. */
export function goalsOf(results: Results, release: string): { suite: string; result: WorkResult; line: Line }[] {
  return Object.entries(suites).flatMap(([suite, { works }]) =>
    works.flatMap((work) => {
      const measurement = results[work.name]?.[release]
      if (!measurement) return []
      const result = resultOf(work, measurement)
      return linesOf(result)
        .filter(({ met }) => met !== undefined)
        .map((line) => ({ suite, result, line }))
    }),
  )
}

function contentsPage(results: Results): string {
  const releases = releasesOf(results)
  const goals = new Map(releases.map((release) => [release, goalsOf(results, release)]))
  const counts = [...goals].map(
    ([release, all]) => `${all.filter(({ line }) => line.met).length} of ${all.length} on Node ${release}`,
  )
  const unmeasured = worksOf().filter(({ name }) => !(name in results))
  return [
    written,
    '# Benchmarks',
    'gvent beside its peers: the cost of an operation, so less is better. A ratio is the cost of gvent divided by that of the peer, both taken in the same turn. Charts and tables are made from [one file of samples](../../bench/results.json); [how it is measured](../../bench/README.md), and what is known to cost more and why, stands beside the programs.',
    Object.entries(suites)
      .map(([suite, { title, works }]) => `- [${title}](${suite}.md): ${works.map((work) => work.title).join('; ')}`)
      .join('\n'),
    'To repeat all of it: `npm run bench`. To draw the pages again from the samples: `npm run bench -- --render`.',
    `## Goals`,
    `Met: ${counts.join(', ')}. A goal that is not met is **bold**.`,
    goalsTable(results, releases),
    '## Where a peer is cheaper than gvent',
    'All of them, on the first release of Node above that the work was measured on; the largest difference first.',
    table(['work', 'peer', 'Node', 'gvent', 'the peer', 'ratio'], losses(results)),
    ...(unmeasured.length > 0 ? [`Not measured yet: ${unmeasured.map(({ title }) => title).join('; ')}.`] : []),
  ].join('\n\n')
}

/** A row for each goal, a column for each release of Node. */
function goalsTable(results: Results, releases: readonly string[]): string {
  const rows = Object.entries(suites).flatMap(([suite, { works }]) =>
    works.flatMap((work) =>
      work.peers.flatMap((peer) => {
        const lines = releases.map((release) => lineOf(results, work, peer, release))
        const known = lines.find((line) => line?.met !== undefined)
        if (!known) return []
        return [
          [
            `[${work.title}](${suite}.md#${anchorOf(work.title)})`,
            known.ratio ? `${known.dividend} ÷ ${peer.name}` : peer.name,
            describeGoal(peer, work),
            ...lines.map((line) => judged(line, work)),
          ],
        ]
      }),
    ),
  )
  return table(['work', 'compared', 'goal', ...releases.map((release) => `Node ${release}`)], rows)
}

function lineOf(results: Results, work: Work, peer: Peer, release: string): Line | undefined {
  const measurement = results[work.name]?.[release]
  return measurement && linesOf(resultOf(work, measurement)).find((line) => line.peer === peer)
}

/** What was found, in bold if it misses the goal. */
function judged(line: Line | undefined, work: Work): string {
  if (!line) return '–'
  return line.met === false ? `**${found(line, work)}**` : found(line, work)
}

function losses(results: Results): string[][] {
  return Object.entries(suites)
    .flatMap(([suite, { works }]) =>
      works.flatMap((work) => {
        const [measurement] = measurementsOf(results, work.name)
        if (!measurement) return []
        const release = releaseOf(measurement)
        return linesOf(resultOf(work, measurement)).map((line) => ({ suite, work, line, release }))
      }),
    )
    .filter(({ line: { ratio, dividend, peer } }) => {
      return ratio && ratio.median >= 1.005 && dividend!.startsWith('gvent') && !peer.name.startsWith('gvent')
    })
    .toSorted((a, b) => b.line.ratio!.median - a.line.ratio!.median)
    .map(({ suite, work, release, line: { peer, cost, dividendCost, ratio } }) => [
      `[${work.title}](${suite}.md#${anchorOf(work.title)})`,
      peer.name,
      release,
      quantity(dividendCost!.median, work),
      quantity(cost.median, work),
      ratio!.median.toFixed(2),
    ])
}

function suitePage(suite: string, results: Results): string {
  const { title, works } = suites[suite]!
  return [
    written,
    `# ${title}`,
    `[All benchmarks](README.md). To repeat these: \`npm run bench -- --suite ${suite}\`.`,
    ...works.flatMap((work) => sectionOf(work, measurementsOf(results, work.name))),
  ].join('\n\n')
}

function sectionOf(work: Work, measurements: readonly Measurement[]): string[] {
  const heading = `## ${work.title}`
  const command = `\`npm run bench -- --only ${work.name}\``
  const [measurement, ...others] = measurements
  if (!measurement) return [heading, `Not measured yet: ${command}.`]
  const result = resultOf(work, measurement)
  const left = [...result.left].map(([peer, reason]) => `${peer.name} is left out. ${reason}`)
  return [
    heading,
    `![${work.title}](${work.name}.svg)`,
    isScaling(work) ? scalingTable(result) : costTable(result),
    ...(others.length > 0 ? [releasesTable(work, measurements)] : []),
    [...left, `${circumstances(work, measurement)} ${command}`].join(' '),
    ...others.map((other) => circumstances(work, other)),
  ]
}

/** What gvent costs beside each peer, on each release of Node. */
function releasesTable(work: Work, measurements: readonly Measurement[]): string {
  const lines = measurements.map((measurement) => linesOf(resultOf(work, measurement)))
  const rows = work.peers.flatMap((peer) => {
    const all = lines.map((each) => each.find((line) => line.peer === peer))
    if (all.every((line) => line === undefined)) return []
    const ratio = all.find((line) => line?.ratio)
    const cells = all.map((line) => {
      if (!line) return '–'
      return line.ratio ? line.ratio.median.toFixed(2) : quantity(line.cost.median, work)
    })
    return [[ratio ? `${ratio.dividend} ÷ ${peer.name}` : peer.name, ...cells]]
  })
  return table(['', ...measurements.map((measurement) => `Node ${releaseOf(measurement)}`)], rows)
}

function costTable(result: WorkResult): string {
  const { work } = result
  const rows = linesOf(result).map((line) => {
    const { peer, cost, ratio, dividend } = line
    const note = ratio && dividend !== 'gvent' ? `${dividend} ÷ this` : ''
    return [
      peer.name.startsWith('gvent') ? `**${peer.name}**` : peer.name,
      peer.note ?? '',
      quantity(cost.median, work),
      `${quantity(cost.min, work)} – ${quantity(cost.max, work)}`,
      ratio ? ratio.median.toFixed(2) : '',
      ratio ? `${ratio.min.toFixed(2)} – ${ratio.max.toFixed(2)}` : '',
      describeGoal(peer, work),
      [line.met === undefined ? '' : line.met ? 'met' : '**not met**', note].filter(Boolean).join('; '),
    ]
  })
  return table(['', '', 'cost', 'min – max', 'ratio', 'min – max', 'goal', ''], rows)
}

/** A row for each size, a column for each peer. */
function scalingTable(result: WorkResult): string {
  const { work, samples } = result
  const peers = [...samples.keys()]
  const names = [...new Set(peers.map(({ series }) => series!))]
  const sizes = [...new Set(peers.map(({ size }) => size!))]
  const rows = sizes.map((size) => [
    size.toLocaleString('en'),
    ...names.map((name) => {
      const peer = peers.find((one) => one.series === name && one.size === size)
      if (!peer) return '–'
      const cost = summarize(samples.get(peer)!)
      return `${quantity(cost.median, work)} (${quantity(cost.min, work)} – ${quantity(cost.max, work)})`
    }),
  ])
  const goals = linesOf(result)
    .filter(({ met }) => met !== undefined)
    .map((line) => {
      const compared = line.ratio ? `${line.dividend} ÷ ${line.peer.name}` : line.peer.name
      return `${compared}: ${found(line, work)}, goal ${describeGoal(line.peer, work)}: ${line.met ? 'met' : '**not met**'}.`
    })
  return [table(['tasks', ...names], rows), ...goals].join('\n\n')
}

function chartOf(result: WorkResult, measurement: Measurement): string {
  const { work, samples } = result
  const format = (value: number): string => quantity(value, work)
  const clock = work.unit === 'bytes' ? 'bytes' : measurement.clock === 'cpu' ? 'processor time' : 'time'
  const subtitle = `${clock} of one operation, less is better; median and spread of ${turnsOf(measurement)} turns`
  if (!isScaling(work)) {
    const bars = [...samples].map(([peer, costs]) => ({
      label: peer.name,
      ours: peer.name.startsWith('gvent'),
      cost: summarize(costs),
    }))
    return barChart(work.title, subtitle, bars, format)
  }
  const series = new Map<string, Series['points'][number][]>()
  for (const [{ series: name, size }, costs] of samples) {
    series.set(name!, [...(series.get(name!) ?? []), { size: size!, cost: summarize(costs) }])
  }
  const lines = [...series].map(([label, points]) => ({ label, ours: label === 'gvent', points }))
  return lineChart(work.title, subtitle, lines, format)
}

function found({ peer, ratio, surplus, cost }: Line, work: Work): string {
  if (peer.goal !== undefined && ratio)
    return `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} – ${ratio.max.toFixed(2)})`
  if (peer.surplus !== undefined && surplus !== undefined) return `+ ${quantity(surplus, work)}`
  return quantity(cost.median, work)
}

/** Where, when and with what it was measured. */
export function circumstances(work: Work, measurement: Measurement): string {
  const { date, machine, load, clock, quick } = measurement
  const versions = versionsOf(work, measurement).join(', ')
  const turns = `${turnsOf(measurement)} turns${quick ? ' with fewer rounds (`--quick`)' : ''}`
  const time = clock === 'cpu' ? '; processor time (`--cpu`)' : ''
  return `${date.slice(0, 10)}; ${machine}, load ${load}; ${versions}; ${turns}${time}.`
}

/** The versions of what takes part in the work. */
function versionsOf({ peers }: Work, { versions }: Measurement): string[] {
  const takesPart = (library: string, peer: Peer): boolean => {
    if ('language' in peer) return library === (peer.language === 'go' ? 'go' : 'gevent')
    return library === 'node' || `${peer.name} ${peer.note ?? ''}`.toLowerCase().includes(library)
  }
  return Object.entries(versions)
    .filter(([library]) => peers.some((peer) => takesPart(library, peer)))
    .map(([library, version]) => `${library} ${version.replace(/^(v|go)/, '')}`)
}

function turnsOf({ samples }: Measurement): number {
  return Math.max(0, ...Object.values(samples).map(({ length }) => length))
}

function worksOf(): Work[] {
  return Object.values(suites).flatMap(({ works }) => works)
}

function isScaling({ peers }: Work): boolean {
  return peers.some(({ size }) => size !== undefined)
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation} -]/gu, '')
    .replaceAll(' ', '-')
}

/** A table of Markdown. The first column is text, the others are aligned to the right unless they are text, too. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const numeric = head.map((_, column) => column > 0 && rows.every((row) => /^$|^(?:\*\*)?[≤+\d–]/.test(row[column]!)))
  const cells = (row: readonly string[]): string => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [cells(head), cells(numeric.map((right) => (right ? '--:' : '---'))), ...rows.map(cells)].join('\n')
}
