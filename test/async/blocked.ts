/** Blocks the loop in an async function until the watchdog has had the time to say so: run by a test. */
import { watchBlocking } from 'gvent'
import { importLowered } from './import-lowered.js'

const { crunches } = await importLowered<typeof import('./programs.js')>(new URL('programs.js', import.meta.url))
const stop = watchBlocking({ milliseconds: 50 })
await crunches(Number(process.argv[2]))
stop()
