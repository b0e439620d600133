import files from 'node:fs/promises'
import stream, { Duplex, Readable } from 'node:stream'
import { unaware } from './abortable-call.js'
import type { PatchTable } from '../patch-table.js'

/**
 * The functions of Node that look at once whether a value is iterable, and then do something else with it. They are for every part
 * that makes something iterable. What looks later does so outside of greenlets, where nothing of it is.
 */
export const listReaders: readonly PatchTable[] = [
  { name: 'stream', target: () => stream, replaces: { compose: unaware, pipeline: unaware } },
  { name: 'stream.Readable', target: () => Readable, replaces: { from: unaware } },
  { name: 'stream.Readable.prototype', target: () => Readable.prototype, replaces: { compose: unaware } },
  { name: 'stream.Duplex', target: () => Duplex, replaces: { from: unaware } },
  { name: 'fs.promises', target: () => files, replaces: { writeFile: unaware, appendFile: unaware } },
]
