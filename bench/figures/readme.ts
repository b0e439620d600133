import { quantity, linesOf } from '../report.js'
import { measurementsOf, releasesOf, resultOf, type Results } from '../results.js'
import type { Work } from '../work.js'
import { suites } from '../works.js'
import { goalsOf, table } from './pages.js'

type Language = 'en' | 'zh'
type Words = Readonly<Record<Language, string>>

/** A row of a table of the README: what is measured, in whose words, and the peers in the order of the columns. */
interface Row {
  readonly work: string
  readonly label: Words
  readonly peers: readonly (string | undefined)[]
}

interface Table {
  readonly command: string
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

const tables: readonly Table[] = [
  {
    command: 'npm run bench',
    columns: ['gvent', 'async/await', 'Effect', 'Effection', 'gevent', 'Go'],
    rows: [
      {
        work: 'switch',
        label: { en: 'give way to another task', zh: '把执行权让给另一个任务' },
        peers: ['gvent', 'async/await', 'effect', 'effection', 'gevent', 'Go'],
      },
      {
        work: 'depth',
        label: { en: 'the same, 20 calls deep, with `green`', zh: '同上，在 20 层调用之下，用 `green`' },
        peers: ['gvent, green, depth 20', 'async/await, depth 20', 'effect, depth 20', 'effection, depth 20'],
      },
      {
        work: 'depth',
        label: { en: 'the same, with native `yield*`', zh: '同上，用原生 `yield*`' },
        peers: ['gvent, yield*, depth 20'],
      },
      {
        work: 'hand-off',
        label: { en: 'a value passed on through a queue', zh: '通过队列传递一个值' },
        peers: ['gvent', 'async/await', 'effect', 'effection', 'gevent', 'Go'],
      },
      {
        work: 'spawn',
        label: { en: 'start a task and join it', zh: '启动一个任务并等它结束' },
        peers: ['gvent', 'async/await', 'effect', 'effection', 'gevent', 'Go'],
      },
      {
        work: 'timeout',
        label: { en: 'a wait with a timeout', zh: '带超时的一次等待' },
        peers: ['gvent', 'Promise.race', 'effect', 'effection', 'gevent', 'Go'],
      },
      {
        work: 'memory',
        label: { en: 'memory of a task that waits', zh: '一个等待中的任务所占内存' },
        peers: ['gvent', 'async/await', 'effect', 'effection', 'gevent', 'Go'],
      },
    ],
  },
  {
    command: 'npm run bench -- --suite sockets',
    columns: ['gvent', '`node:net`', 'gevent', 'Go'],
    rows: [
      {
        work: 'echo',
        label: { en: 'an echo of 64 bytes', zh: '回显 64 字节' },
        peers: ['gvent', 'net, callbacks', 'gevent', 'Go'],
      },
      {
        work: 'upload',
        label: { en: '1 MiB received', zh: '接收 1 MiB' },
        peers: ['gvent', 'net, callbacks', 'gevent', 'Go'],
      },
      {
        work: 'accept',
        label: { en: 'a connection accepted and closed', zh: '接受并关闭一个连接' },
        peers: ['gvent', 'net, destroy', 'gevent', 'Go'],
      },
      {
        work: 'idle-memory',
        label: { en: 'memory of an idle connection', zh: '一个空闲连接所占内存' },
        peers: ['gvent', 'net, callbacks', 'gevent', 'Go'],
      },
    ],
  },
  {
    command: 'npm run bench -- --suite http,fetcher',
    columns: ['gvent', '`node:http`', 'Fastify', 'hono', 'gevent', 'p-limit'],
    rows: [
      {
        work: 'http-node',
        label: { en: 'a request, `(req, res)`', zh: '一个请求，`(req, res)`' },
        peers: ['gvent', 'node:http', 'Fastify'],
      },
      {
        work: 'http-web',
        label: { en: 'a request, `Request` and `Response`', zh: '一个请求，`Request` 与 `Response`' },
        peers: ['gvent', 'node:http', undefined, 'hono'],
      },
      {
        work: 'wsgi',
        label: { en: 'a request, WSGI', zh: '一个请求，WSGI' },
        peers: ['gvent', 'node:http', undefined, undefined, 'gevent'],
      },
      {
        work: 'fetch',
        label: { en: 'a fetch, 100 at a time', zh: '一次 fetch，100 个并发' },
        peers: ['gvent', undefined, undefined, undefined, 'gevent', 'p-limit'],
      },
    ],
  },
]

/** The chart that stands above the tables. */
const chart = {
  path: 'docs/benchmarks/switch.svg',
  label: {
    en: 'What it costs to give way to another task, beside the peers',
    zh: '把执行权让给另一个任务的开销，与同类相比',
  },
}

const words = {
  intro: {
    en: 'Medians; smaller is better. ',
    zh: '均为中位数，越小越好。',
  },
  processorTime: { en: ', processor time', zh: '，CPU 时间' },
  ratios: {
    en: 'The same by release of Node: the cost of gvent divided by that of the yardstick.',
    zh: '同样的项目，按 Node 版本列出：gvent 的开销除以对照对象的开销。',
  },
  goals: {
    en: (met: number, all: number, node: string) =>
      `Of the ${all} goals that the project has set itself, ${met} are met on Node ${node}. [All figures](docs/benchmarks/README.md), with their spread, as charts, and what gvent loses at as well as what it wins at.`,
    zh: (met: number, all: number, node: string) =>
      `项目给自己定了 ${all} 个目标，在 Node ${node} 上达到了 ${met} 个。[全部数字](docs/benchmarks/README.md)附有波动范围和图表，胜过别人的和不如别人的都在其中。`,
  },
}

const block = /(<!-- figures -->\n).*?(<!-- \/figures -->)/s

/** The text of a README with the figures between its two marks written anew. @throws Error if a mark is missing. */
export function withFigures(text: string, language: Language, results: Results): string {
  if (!block.test(text)) throw new Error('the README has no block between <!-- figures --> and <!-- /figures -->')
  return text.replace(block, (_, begin: string, end: string) => `${begin}\n${figuresOf(language, results)}\n${end}`)
}

function figuresOf(language: Language, results: Results): string {
  const [release] = releasesOf(results)
  const goals = goalsOf(results, release!)
  return [
    `${words.intro[language]}${machinesOf(results)}`,
    `![${chart.label[language]}](${chart.path})`,
    ...tables.map((one) => tableOf(one, language, results)),
    words.ratios[language],
    ratiosOf(language, results),
    words.goals[language](goals.filter(({ line }) => line.met).length, goals.length, release!),
  ].join('\n\n')
}

function tableOf({ command, columns, rows }: Table, language: Language, results: Results): string {
  const byProcessor = rows.some(({ work }) => measurementsOf(results, work)[0]?.clock === 'cpu')
  const head = [`\`${command}\`${byProcessor ? words.processorTime[language] : ''}`, ...columns]
  const body = rows.map(({ work: name, label, peers }) => {
    const work = workOf(name)
    const [measurement] = measurementsOf(results, name)
    const lines = measurement ? linesOf(resultOf(work, measurement)) : []
    const cells = columns.map((_, column) => {
      const line = lines.find(({ peer }) => peer.name === peers[column])
      return line ? quantity(line.cost.median, work) : '–'
    })
    return [label[language], ...cells]
  })
  return table(head, body)
}

/** A row for each of a table's rows that has a yardstick, a column for each release of Node. */
function ratiosOf(language: Language, results: Results): string {
  const releases = releasesOf(results)
  const rows = tables.flatMap((one) =>
    one.rows.flatMap(({ work: name, label, peers }) => {
      const yardstick = peers.slice(1).find((peer) => peer !== undefined && peer !== 'gevent')
      if (yardstick === undefined) return []
      const work = workOf(name)
      const ratios = releases.map((release) => {
        const measurement = results[name]?.[release]
        if (!measurement) return '–'
        const { ratio } = linesOf(resultOf(work, measurement)).find(({ peer }) => peer.name === yardstick) ?? {}
        return ratio ? ratio.median.toFixed(2) : '–'
      })
      if (ratios.every((ratio) => ratio === '–')) return []
      return [[`${label[language]} ÷ ${yardstick}`, ...ratios]]
    }),
  )
  return table(['', ...releases.map((release) => `Node ${release}`)], rows)
}

/** Where it was measured and with which versions: those of the table of the kernel. */
function machinesOf(results: Results): string {
  const [measurement] = measurementsOf(results, 'switch')
  if (!measurement) return ''
  const { date, machine, versions } = measurement
  const names = { node: 'Node', go: 'Go', gevent: 'gevent', effect: 'Effect', effection: 'Effection' }
  const known = Object.entries(names).filter(([name]) => name in versions)
  const list = known.map(([name, title]) => `${title} ${versions[name]!.replace(/^(v|go)/, '')}`)
  return `${date.slice(0, 10)}, ${[machine, ...list].join(', ')}.`
}

function workOf(name: string): Work {
  return Object.values(suites)
    .flatMap(({ works }) => works)
    .find((work) => work.name === name)!
}
