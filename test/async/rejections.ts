/** What the platform makes of rejections of compiled code before and after a kill: with `plain`, without a listener. */
import { greenletOf } from 'gvent/async/runtime'
import { importLowered } from './import-lowered.js'

const programs = await importLowered<typeof import('./programs.js')>(new URL('programs.js', import.meta.url))
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const promise = programs.direct()
void promise.then(() => undefined)
void programs.awaits(promise)
await turn()
await greenletOf(promise)!.kill()
await turn()
console.log('killed')
if (process.argv[2] !== 'plain') {
  process.on('unhandledRejection', (error) => {
    console.log('unhandled', (error as Error).message)
  })
}
void programs.fails()
await turn()
await turn()
