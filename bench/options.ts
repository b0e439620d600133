import { parseArgs } from 'node:util'
import { suites, works } from './works.js'

export const help = `Measures gvent beside its peers: every sample in a process of its own, the peers by turns (A B C A B C),
the ratio taken within each turn. The samples take the place of those in bench/results.json, and the pages and charts in
docs/benchmarks and the figures of the READMEs are written from them, unless the run was a partial one (--quick, --peers)
or says where it writes (--output). Each release of Node has figures of its own.

  npm run bench -- [options]

  --quick             two turns and fewer rounds: a first impression
  --suite <suites>    ${Object.keys(suites).join(', ')}; several with commas
  --only <works>      ${works.map(({ name }) => name).join(', ')}; several with commas
  --peers <peers>     names or beginnings of names, with commas: gvent,async,go
  --cycles <n>        turns (5)
  --cpu               processor time of the process in place of time on the wall: for a machine that is busy otherwise
  --node <paths>      the Node to measure on (this one); several with commas
  --keep              keeps the samples of a --quick run, too
  --output <file>     writes the samples there, and nothing else
  --render            writes docs/benchmarks and the figures of the READMEs from the samples; measures nothing
  --check             tells which of those files are not what --render writes
  --counts            instructions for each operation of the kernel, by valgrind, beside those that were accepted last
  --accept            with --counts: accepts them
  --help
`

export interface Options {
  readonly quick: boolean
  readonly suites: readonly string[] | undefined
  readonly only: readonly string[] | undefined
  readonly peers: readonly string[] | undefined
  readonly cycles: number
  readonly cpu: boolean
  /** The programs `node` to measure on. */
  readonly nodes: readonly string[]
  readonly keep: boolean
  readonly render: boolean
  readonly check: boolean
  readonly counts: boolean
  readonly accept: boolean
  readonly output: string | undefined
  readonly help: boolean
}

/** @throws TypeError when an option is unknown or has a value that means nothing. */
export function parseOptions(commandLine: string[]): Options {
  const { values } = parseArgs({
    args: commandLine,
    options: {
      quick: { type: 'boolean', default: false },
      suite: { type: 'string' },
      only: { type: 'string' },
      peers: { type: 'string' },
      cycles: { type: 'string' },
      cpu: { type: 'boolean', default: false },
      node: { type: 'string' },
      keep: { type: 'boolean', default: false },
      render: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      counts: { type: 'boolean', default: false },
      accept: { type: 'boolean', default: false },
      output: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const cycles = values.cycles === undefined ? (values.quick ? 2 : 5) : Number(values.cycles)
  if (!Number.isInteger(cycles) || cycles < 1) throw new TypeError(`--cycles takes 1 or more, not ${values.cycles}`)
  const only = list(values.only)
  const unknown = only?.find((name) => !works.some((work) => work.name === name))
  if (unknown !== undefined) throw new TypeError(`no work is called ${unknown}: try --help`)
  const wanted = list(values.suite)
  const stranger = wanted?.find((name) => !(name in suites))
  if (stranger !== undefined) {
    throw new TypeError(`no suite is called ${stranger}: there are ${Object.keys(suites).join(', ')}`)
  }
  return {
    suites: wanted,
    quick: values.quick,
    only,
    peers: list(values.peers),
    cycles,
    cpu: values.cpu,
    nodes: list(values.node) ?? [process.execPath],
    keep: values.keep,
    render: values.render,
    check: values.check,
    counts: values.counts,
    accept: values.accept,
    output: values.output,
    help: values.help,
  }
}

function list(value: string | undefined): string[] | undefined {
  return value?.split(',').map((name) => name.trim())
}
