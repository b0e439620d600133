/** Types of the things that can be waited for since the patches. Importing any module of `gvent/monkey` declares it. */
import type { IncomingMessage as Answer } from 'node:http'
import type { Operation } from '../../scheduler/kernel/operation.js'
import type { WaitIterator } from '../../scheduler/kernel/wait-iterator.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import type { DelimiterOptions } from '../net/socket.js'
import type { ProcessEnd } from './patches/patch-child-process.js'

declare global {
  interface Promise<T> {
    /** Waits for the promise in a greenlet: `yield* promise`. */
    [Symbol.iterator](): WaitIterator<T>
  }

  interface Response {
    /** As the platform's, with a result of any type. */
    // The types of Node have `unknown` here, those of the DOM `any`.
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    json(): Promise<any>
  }
}

declare module 'stream' {
  interface Readable {
    /** Waits for the next chunk in a greenlet, `null` at the end: `yield* readable`. */
    // What a stream is made of, Node's types do not know either.
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    [Symbol.iterator](): WaitIterator<any>
    /**
     * Waits for the next chunk, of at most `max` bytes; `null` at the end.
     * @throws ConcurrentUseError when another greenlet is reading; the stream's error; ClosedError, Timeout.
     * Cancel safety: nothing is lost.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
    recv(max?: number, options?: WaitOptions): Operation<any>
  }
  interface Writable {
    /**
     * Waits until the chunk, and all before it, is written.
     * @throws the stream's error; Timeout. Cancel safety: it is still written.
     */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as `write` takes it
    sendAll(data: any, options?: WaitOptions): Operation<void>
  }
}

declare module 'net' {
  interface Socket {
    /** Waits in a greenlet until it is connected: `const socket = yield* net.connect(80)`. */
    [Symbol.iterator](): WaitIterator<this>
    /** As that of gvent's `Socket`. */
    recv(max?: number, options?: WaitOptions): Operation<Buffer | null>
    /** As that of gvent's `Socket`. */
    recvExactly(size: number, options?: WaitOptions): Operation<Buffer>
    /** As that of gvent's `Socket`. */
    recvUntil(delimiter: string | Uint8Array, options?: DelimiterOptions): Operation<Buffer>
    /** As that of gvent's `Socket`. */
    readLine(options?: DelimiterOptions): Operation<string | null>
    /** As that of gvent's `Socket`. */
    sendAll(data: string | Uint8Array, options?: WaitOptions): Operation<void>
  }
  interface Server {
    /** Waits in a greenlet until it listens: `yield* net.createServer().listen(80)`. */
    [Symbol.iterator](): WaitIterator<this>
    /**
     * Waits for the next connection. From `yield* server.listen()` on, or from the first call, those that nobody accepts wait,
     * unless somebody listens for `'connection'`.
     * @throws ClosedError when the server is closed or does not listen; Timeout.
     * Cancel safety: no connection is lost.
     */
    accept(options?: WaitOptions): Operation<Socket>
  }
}

declare module 'http' {
  interface ClientRequest {
    /** Waits in a greenlet for the response: `const response = yield* http.get(url)`. */
    [Symbol.iterator](): WaitIterator<Answer>
  }
  interface OutgoingMessage {
    /** Waits until the chunk was given to the system. Cancel safety: it is still sent. */
    sendAll(data: string | Uint8Array, options?: WaitOptions): Operation<void>
  }
}

declare module 'child_process' {
  interface ChildProcess {
    /** Waits in a greenlet until the process has ended: `const { code } = yield* spawn('make')`. */
    [Symbol.iterator](): WaitIterator<ProcessEnd>
  }
}
