/**
 * Sees to it that bytes from elsewhere cost linear work: `npm run linear [-- word…]`.
 *
 * For each parser of ours it counts, with valgrind, the instructions for inputs of n and of 8 n bytes that are hard on it. The
 * second count may be 8 times the first, and a little more; work that grows with the square takes 64 times as many. With
 * words, only the parsers whose names contain one are counted, each of their inputs by itself.
 *
 * Instructions, since a duration depends on what else the machine does; without the compiler, which optimises at another
 * step in each run.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parsers } from './linear/parsers.js'
import { LARGE, SMALL } from './linear/sizes.js'

/** The most that an input may cost more when it is 8 times as long. */
const MOST = 12
const marker = 'uv_os_getpriority'

const words = process.argv.slice(2)
const works = Object.entries(parsers)
  .filter(([name]) => words.length === 0 || words.some((word) => name.includes(word)))
  .flatMap(([name, { inputs }]) =>
    words.length === 0 ? [[name, '*']] : Object.keys(inputs).map((input) => [name, input]),
  )
if (works.length === 0) {
  console.error(`No parser is named ${words.join(' ')}: there are ${Object.keys(parsers).join('; ')}.`)
  process.exit(1)
}

const counts = count(works)
let failed = false
for (const [index, [name, input]] of works.entries()) {
  const [, small, large] = counts[index]
  const ratio = large / small
  const isSuperLinear = ratio > MOST
  failed ||= isSuperLinear
  const title = input === '*' ? name : `${name}: ${input}`
  console.log(
    `${ratio.toFixed(1).padStart(6)} ×  ${String(small).padStart(10)} → ${large}  ${title}${isSuperLinear ? '  NOT LINEAR' : ''}`,
  )
}
if (failed)
  console.error(
    `From ${SMALL} to ${LARGE} bytes the work may grow ${MOST} times. Which input it is: npm run linear -- <name>`,
  )
process.exit(failed ? 1 : 0)

/** The instructions of each work, for a first input that loads the code, a small and a large one. */
function count(works) {
  const folder = mkdtempSync(join(tmpdir(), 'gvent-linear-'))
  try {
    const options = ['--tool=callgrind', `--dump-before=${marker}`, `--callgrind-out-file=${join(folder, 'dump')}`]
    const flags = ['--jitless', '--single-threaded', '--predictable', '--hash-seed=1', '--random-seed=1', '--expose-gc']
    // What is made meanwhile is not collected meanwhile.
    flags.push('--min-semi-space-size=64', '--max-semi-space-size=64')
    const work = fileURLToPath(new URL('linear/work.js', import.meta.url))
    const env = { ...process.env, NODE_OPTIONS: '' }
    const { status, stderr, error } = spawnSync(
      'valgrind',
      [...options, process.execPath, ...flags, work, ...works.flat()],
      {
        env,
        encoding: 'utf8',
      },
    )
    if (error !== undefined) throw new Error('valgrind is not here: apt-get install valgrind', { cause: error })
    if (status !== 0) throw new Error(stderr)
    // Every other is what was between two inputs.
    const dumps = totals(folder).filter((_, index) => index % 2 === 1)
    if (dumps.length !== works.length * 3) throw new Error(`valgrind counted ${dumps.length} times`)
    return works.map((_, index) => dumps.slice(index * 3, index * 3 + 3))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function totals(folder) {
  return readdirSync(folder)
    .map((name) => Number(/^dump\.(\d+)$/.exec(name)?.[1]))
    .filter(Boolean)
    .sort((a, b) => a - b)
    .map((number) =>
      Number(/^(?:summary|totals): (\d+)/m.exec(readFileSync(join(folder, `dump.${number}`), 'utf8'))[1]),
    )
}
