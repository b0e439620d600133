/** Parses under valgrind: `work.js <name> <name of the input>…`. See ../linear.js. */
import { getPriority } from 'node:os'
import { parsers } from './parsers.js'
import { LARGE, SMALL } from './sizes.js'

for (let index = 2; index < process.argv.length; index += 2) {
  const { inputs, parse } = parsers[process.argv[index]]
  const chosen = process.argv[index + 1]
  const makes = Object.entries(inputs).filter(([name]) => chosen === '*' || name === chosen)
  for (const size of [SMALL, SMALL, LARGE]) {
    const made = makes.map(([, make]) => make(size))
    globalThis.gc({ type: 'minor' })
    // What valgrind watches for: nothing else calls it.
    getPriority()
    for (const input of made) await parse(input)
    getPriority()
  }
}
process.exit(0)
