import { fileURLToPath } from 'node:url'
import { Program } from '../serving/program.js'
import type { Part } from './part.js'

/** What the program `holders.js` prints. */
interface Held {
  readonly bytes: number
  readonly started: number
  readonly served: number
}

/** Very many greenlets, each of which holds a timer, a queue and a store. */
export const greenlets: Part = async ({ greenlets, say }) => {
  const path = fileURLToPath(new URL('holders.js', import.meta.url))
  const program = new Program([
    ...[process.execPath, '--expose-gc', '--max-old-space-size=8192', path, String(greenlets)],
  ])
  try {
    say(`greenlets: ${await program.line()}`)
    const { bytes, started, served } = JSON.parse(await program.line()) as Held
    say(`greenlets: ${greenlets} served`)
    return [
      {
        what: `${greenlets} greenlets, each with a timer, a queue and a store`,
        figure: `${bytes.toFixed(0)} B each; all wait after ${started.toFixed(1)} s; all get an item and end in ${served.toFixed(1)} s`,
      },
    ]
  } finally {
    program.end()
  }
}
