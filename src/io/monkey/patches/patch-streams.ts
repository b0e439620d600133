import { Duplex, Readable, Writable } from 'node:stream'
import streams from 'node:stream/promises'
import type { Operation } from '../../../scheduler/kernel/operation.js'
import type { WaitOptions } from '../../../scheduler/kernel/wait-options.js'
import { abortableCall } from '../green/abortable-call.js'
import { isPlainObject } from '../../../scheduler/checks/plain-object.js'
import { applyPart, type Part } from '../patch-part.js'
import { ReadChunk } from '../green/read-chunk.js'
import { WriteChunk } from '../green/write-chunk.js'

const readableMethods = {
  recv(this: Readable, max?: number, options?: WaitOptions): Operation<unknown> {
    return new ReadChunk(this, max, options)
  },
}

const writableMethods = {
  sendAll(this: Writable, data: unknown, options?: WaitOptions): Operation<void> {
    return new WriteChunk(this, data, options)
  },
}

/** The part that {@link patchStreams} patches. */
export const streamsPart: Part = {
  name: 'streams',
  by: 'patchStreams',
  gevent: '(`gevent.fileobject`)',
  cooperative: [
    {
      what: 'a Readable, readable.recv()',
      gives: 'the next chunk, `null` at the end',
      givingUp: 'takes nothing, the stream continues',
    },
    {
      what: 'writable.sendAll()',
      gives: 'when the chunk is written',
      givingUp: 'it is still written',
    },
    { what: 'stream.promises.pipeline()', gives: 'when all has passed', givingUp: 'destroys the streams' },
    { what: 'stream.promises.finished()', gives: 'when the stream has ended', givingUp: 'leaves the stream alone' },
  ],
  cannot: 'a socket is a Readable too, but `yield* socket` waits until it is connected: write `socket.recv()`',
  tables: [
    {
      name: 'stream.Readable.prototype',
      target: () => Readable.prototype,
      adds: readableMethods,
      waits: (stream: Readable) => new ReadChunk(stream, undefined),
    },
    { name: 'stream.Writable.prototype', target: () => Writable.prototype, adds: writableMethods },
    // It inherits from Readable, and has copies of what is Writable's.
    { name: 'stream.Duplex.prototype', target: () => Duplex.prototype, adds: writableMethods },
    {
      name: 'stream.promises',
      target: () => streams,
      replaces: {
        pipeline: abortableCall((args) => (isPlainObject(args.at(-1)) ? args.length - 1 : args.length)),
        finished: abortableCall(() => 1),
      },
    },
  ],
}

/**
 * Lets the streams of `node:stream` be waited for in a greenlet: `const chunk = yield* readable` gives the next chunk, and
 * `null` at the end. They gain `recv` and `sendAll`; one greenlet at a time may read. `pipeline` and `finished` of
 * `node:stream/promises` are stopped with the greenlet that waits for them.
 *
 * @returns whether anything changed: `false` if it was patched before.
 */
export function patchStreams(): boolean {
  return applyPart(streamsPart)
}
