/**
 * A server that is measured: `server.js <work> <peer>` prints its port, and on a line on its input what memory is alive.
 * It ends with its input.
 */
import { createInterface } from 'node:readline'
import { liveBytes } from '../gauges.js'
import { works } from '../works.js'

const [workName, peerName] = process.argv.slice(2)
const work = works.find(({ name }) => name === workName)
const peer = work?.peers.find(({ name }) => name === peerName)
if (!peer || !('serve' in peer)) throw new Error(`not a server: ${process.argv.slice(2).join(' ')}`)

console.log(await peer.serve())
for await (const _line of createInterface(process.stdin)) console.log(await liveBytes())
process.exit(0)
