/** How far one process goes: `npm run test:scale -- --help`. */
import { parseArgs } from 'node:util'
import { crowd } from './crowd.js'
import { greenlets } from './greenlets.js'
import { idle } from './idle.js'
import type { Line, Part, Task } from './part.js'

const parts: Record<string, Part> = { idle, crowd, greenlets }

const help = `How far one process goes, in real processes on loopback. It needs Linux, and takes about four minutes.

  npm run test:scale -- [options]

  --only <parts>        ${Object.keys(parts).join(', ')}; several with commas
  --connections <n>     idle ones whose memory and processor time are measured, beside those of net (10000)
  --crowd <n>           connections in the crowd (100000)
  --speakers <n>        those of them on which an echo is measured (1000)
  --greenlets <n>       greenlets that each hold a timer, a queue and a store (1000000)
  --turns <n>           the median of so many counts (3)
  --limit <seconds>     ends the run when a part takes longer (900)
  --help

The limit of descriptors is raised where this user may (prlimit); where not, several processes share the crowd. The exit status is 1 if
a goal is missed.
`

// So that the programs end with it.
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(status))

try {
  const task = readTask(process.argv.slice(2))
  if (task === undefined) process.stdout.write(help)
  else if (process.platform !== 'linux') throw new Error('npm run test:scale reads /proc, which only Linux has')
  else await main(task)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof TypeError ? 2 : 1
}

interface Run extends Task {
  readonly chosen: readonly Part[]
  /** How many seconds a part may take. */
  readonly limit: number
}

function readTask(args: string[]): Run | undefined {
  const text = (value: string): { type: 'string'; default: string } => ({ type: 'string', default: value })
  const { values } = parseArgs({
    args,
    options: {
      only: text(Object.keys(parts).join(',')),
      connections: text('10000'),
      crowd: text('100000'),
      speakers: text('1000'),
      greenlets: text('1000000'),
      turns: text('3'),
      limit: text('900'),
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const number = (name: 'connections' | 'crowd' | 'speakers' | 'greenlets' | 'turns' | 'limit'): number => {
    const value = Number(values[name])
    if (!Number.isInteger(value) || value < 1) throw new TypeError(`--${name} takes 1 or more, not ${values[name]}`)
    return value
  }
  const chosen = values.only.split(',').map((name) => {
    const part = parts[name.trim()]
    if (part === undefined) throw new TypeError(`no part is called ${name}: there are ${Object.keys(parts).join(', ')}`)
    return part
  })
  return {
    chosen,
    connections: number('connections'),
    crowd: number('crowd'),
    speakers: number('speakers'),
    greenlets: number('greenlets'),
    turns: number('turns'),
    limit: number('limit'),
    say: (text) => process.stderr.write(`[${Math.round(performance.now() / 1000)} s] ${text}\n`),
  }
}

async function main({ chosen, limit, ...task }: Run): Promise<void> {
  const lines: Line[] = []
  for (const part of chosen) {
    const timer = setTimeout(() => {
      console.error(`${part.name} has taken ${limit} s, on a machine that is busy perhaps: --limit allows more`)
      process.exit(1)
    }, limit * 1000)
    lines.push(...(await part(task)))
    clearTimeout(timer)
  }
  console.log(`Node ${process.version}\n`)
  for (const { what, figure, goal, met } of lines) {
    const verdict = goal === undefined ? '' : ` (goal ${goal}: ${met ? 'met' : 'MISSED'})`
    console.log(`${what}\n    ${figure}${verdict}`)
  }
  if (lines.some(({ met }) => met === false)) process.exitCode = 1
}
