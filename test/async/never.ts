/** Leaves a call that never goes on, in the way that the argument says. */
import { reportLost, spawn } from 'gvent'
import { importLowered } from './import-lowered.js'

const programs = await importLowered<typeof import('./programs.js')>(new URL('programs.js', import.meta.url))
const held: unknown[] = []

switch (process.argv[2]) {
  case 'stuck':
    spawn(programs.never)
    break
  case 'lost':
    reportLost()
    void programs.never()
    for (let turn = 0; turn < 5; turn++) {
      await programs.quick(turn)
      await new Promise((resolve) => setImmediate(resolve))
      gc!()
    }
    break
  case 'end':
    reportLost()
    void programs.never((resolve) => held.push(resolve))
    break
  default:
    void programs.never((resolve) => held.push(resolve))
}
