import { parseArgs } from 'node:util'
import { suites, works } from './works.js'

export const help = `Measures gvent beside its peers: every sample in a process of its own, the peers by turns (A B C A B C),
the ratio taken within each turn.

  npm run bench -- [options]

  --quick             two turns and fewer rounds: a first impression
  --suite <suite>     ${Object.keys(suites).join(' or ')}: only this one
  --only <works>      ${works.map(({ name }) => name).join(', ')}; several with commas
  --peers <peers>     names or beginnings of names, with commas: gvent,async,go
  --cycles <n>        turns (5)
  --cpu               processor time of the process in place of time on the wall: for a machine that is busy otherwise
  --node <path>       the Node to measure on (this one)
  --counts            instructions for each operation of gvent, by valgrind, instead of time
  --output <file>     where to write the samples; a complete run of a suite writes bench/results/<suite>.json by itself
  --help
`

export interface Options {
  readonly quick: boolean
  readonly suite: string | undefined
  readonly only: readonly string[] | undefined
  readonly peers: readonly string[] | undefined
  readonly cycles: number
  readonly cpu: boolean
  readonly node: string
  readonly counts: boolean
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
      counts: { type: 'boolean', default: false },
      output: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const cycles = values.cycles === undefined ? (values.quick ? 2 : 5) : Number(values.cycles)
  if (!Number.isInteger(cycles) || cycles < 1) throw new TypeError(`--cycles takes 1 or more, not ${values.cycles}`)
  const only = list(values.only)
  const unknown = only?.find((name) => !works.some((work) => work.name === name))
  if (unknown !== undefined) throw new TypeError(`no work is called ${unknown}: try --help`)
  if (values.suite !== undefined && !(values.suite in suites)) {
    throw new TypeError(`no suite is called ${values.suite}: there are ${Object.keys(suites).join(' and ')}`)
  }
  return {
    suite: values.suite,
    quick: values.quick,
    only,
    peers: list(values.peers),
    cycles,
    cpu: values.cpu,
    node: values.node ?? process.execPath,
    counts: values.counts,
    output: values.output,
    help: values.help,
  }
}

function list(value: string | undefined): string[] | undefined {
  return value?.split(',').map((name) => name.trim())
}
