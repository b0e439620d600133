/**
 * `gvent fetch` beside other programs that fetch a list of URLs: `npm run bench:fetchers -- [PAGES [ROUNDS [CONCURRENCY]]]`. Each
 * round runs each program once, on the same list and a server of its own process; the ratios are medians of those of the rounds.
 */
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from '../statistics.js'

const [pages = 5000, rounds = 5, concurrency = 10] = process.argv.slice(2).map(Number)

interface Fetcher {
  readonly name: string
  readonly command: (list: string, folder: string) => readonly string[]
  /** The most pages that it is given, if it is slow. */
  readonly most?: number
}

interface Time {
  /** In microseconds a page. */
  readonly wall: number
  /** Time of the processor, likewise. */
  readonly cpu: number
}

const pathOf = (specifier: string): string => fileURLToPath(import.meta.resolve(specifier))
const python = pathOf('../../../bench/fetchers/requests_gevent.py')
const node = process.execPath
const gvent = fileURLToPath(new URL('./dist/bundles/gvent.js', import.meta.resolve('gvent/package.json')))

const BASE = 'p-limit + fetch'
const fetchers: readonly Fetcher[] = [
  { name: BASE, command: (list) => [node, pathOf('./plain.js'), list, String(concurrency)] },
  {
    name: 'gvent fetch',
    command: (list) => [node, gvent, 'fetch', '-q', '--concurrency', String(concurrency), '--file', list],
  },
  {
    name: 'gvent fetch --manifest',
    command: (list, folder) => [
      ...[node, gvent, 'fetch', '-q', '--concurrency', String(concurrency), '--file', list],
      ...['--manifest', join(folder, 'manifest')],
    ],
  },
  { name: 'gevent + requests', command: (list) => ['/usr/bin/python3', python, list, String(concurrency)] },
  {
    name: 'xargs -P curl',
    command: (list) => ['xargs', '-a', list, '-P', String(concurrency), '-n', '100', 'curl', '-s', '--noproxy', '*'],
  },
  {
    name: 'aria2c',
    most: 1000,
    command: (list, folder) => [
      ...['aria2c', '-q', '-i', list, '-j', String(concurrency), '-d', join(folder, 'aria2'), '--file-allocation=none'],
      ...['--allow-overwrite=true', '--auto-file-renaming=false', '--no-netrc', '--no-conf'],
    ],
  },
]

/** Runs a command with its output thrown away; `undefined` where it is not installed. */
function time(command: readonly string[], pages: number): Time | undefined {
  const shell = 'TIMEFORMAT="%R %U %S"; { time "$@" > /dev/null 2> /dev/null; } 2>&1'
  const { status, stdout } = spawnSync('bash', ['-c', `${shell}; exit $?`, 'bash', ...command], { encoding: 'utf8' })
  if (status !== 0) return undefined
  const [wall = 0, user = 0, system = 0] = stdout.trim().split(' ').map(Number)
  return { wall: (wall / pages) * 1e6, cpu: ((user + system) / pages) * 1e6 }
}

const folder = mkdtempSync(join(tmpdir(), 'fetchers-'))
const server = fork(pathOf('../../test/command/fetch/million/server.js'), [String(pages)])
try {
  const [{ port }] = (await once(server, 'message')) as [{ port: number }]
  const listOf = (pages: number): string => {
    const list = join(folder, `list-${pages}`)
    writeFileSync(list, Array.from({ length: pages }, (_, index) => `http://127.0.0.1:${port}/${index}\n`).join(''))
    return list
  }
  const times = new Map<string, Time[]>()
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < fetchers.length; index++) {
      // Another one is first each time.
      const { name, command, most = Infinity } = fetchers[(index + round) % fetchers.length]!
      const own = Math.min(pages, most)
      const taken = time(command(listOf(own), folder), own)
      if (taken !== undefined) times.set(name, [...(times.get(name) ?? []), taken])
    }
  }
  print(times)
} finally {
  server.disconnect()
  rmSync(folder, { recursive: true })
}

function print(times: ReadonlyMap<string, readonly Time[]>): void {
  console.log(`Node ${process.version}, ${pages} pages of 1,000 bytes, ${concurrency} at once, ${rounds} rounds\n`)
  console.log(`|                        | µs a page | of it CPU | × ${BASE} | × its CPU |`)
  console.log('| ---------------------- | --------: | --------: | ----------------: | --------: |')
  const base = times.get(BASE)!
  for (const { name } of fetchers) {
    const own = times.get(name)
    if (own === undefined) {
      console.log(`| ${name.padEnd(22)} | not here or failed | | | |`)
      continue
    }
    const of = (key: keyof Time): number => median(own.map((each) => each[key]))
    const ratio = (key: keyof Time): string =>
      median(own.map((each, round) => each[key] / base[round]![key])).toFixed(2)
    const cells = [String(Math.round(of('wall'))).padStart(9), String(Math.round(of('cpu'))).padStart(9)]
    console.log(
      `| ${name.padEnd(22)} | ${cells.join(' | ')} | ${ratio('wall').padStart(17)} | ${ratio('cpu').padStart(9)} |`,
    )
  }
}
