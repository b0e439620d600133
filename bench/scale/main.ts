/** How far one process goes: `npm run test:scale -- --help`. */
import { parseArgs } from 'node:util'
import { crowd } from './crowd.js'
import { greenlets } from './greenlets.js'
import { idle } from './idle.js'
import type { Line, Part, Task } from './part.js'

const parts: Record<string, Part> = { idle, crowd, greenlets }

const help = `How far one process goes, in real processes on loopback. It needs Linux, and takes about ten minutes.

  npm run test:scale -- [options]

  --only <parts>        ${Object.keys(parts).join(', ')}; several with commas
  --connections <n>     idle ones whose memory and processor time are measured, beside those of net (10000)
  --crowd <n>           connections in the crowd (100000)
  --speakers <n>        those of them on which an echo is measured (1000)
  --greenlets <n>       greenlets that each hold a timer, a queue and a store (1000000)
  --turns <n>           the median of so many counts (3)
  --help

The limit of descriptors is raised where this user may (prlimit); where not, several processes share the crowd. The exit status is 1 if
a goal is missed.
`

try {
  const task = readTask(process.argv.slice(2))
  if (task === undefined) process.stdout.write(help)
  else if (process.platform !== 'linux') throw new Error('npm run test:scale reads /proc, which only Linux has')
  else await main(task)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof TypeError ? 2 : 1
}

function readTask(args: string[]): (Task & { chosen: Part[] }) | undefined {
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
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return undefined
  const number = (name: 'connections' | 'crowd' | 'speakers' | 'greenlets' | 'turns'): number => {
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
    say: (text) => process.stderr.write(`[${Math.round(performance.now() / 1000)} s] ${text}\n`),
  }
}

async function main({ chosen, ...task }: Task & { chosen: Part[] }): Promise<void> {
  const lines: Line[] = []
  for (const part of chosen) lines.push(...(await part(task)))
  console.log(`Node ${process.version}\n`)
  for (const { what, figure, goal, met } of lines) {
    const verdict = goal === undefined ? '' : ` (goal ${goal}: ${met ? 'met' : 'MISSED'})`
    console.log(`${what}\n    ${figure}${verdict}`)
  }
  if (lines.some(({ met }) => met === false)) process.exitCode = 1
}
