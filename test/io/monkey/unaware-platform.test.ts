import 'gvent/monkey/all'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import stream, { Duplex, PassThrough, Readable, Writable, pipeline } from 'node:stream'
import promises from 'node:stream/promises'
import { test } from 'node:test'
import { run, spawn, until, type Coroutine } from 'gvent'

// What @types/node does not know of yet.
const compose = (...parts: unknown[]): Duplex =>
  (stream as unknown as { compose(...parts: unknown[]): Duplex }).compose(...parts)

async function* letters(): AsyncGenerator<string> {
  yield 'a'
  await Promise.resolve()
  yield 'b'
}

const upperCase = (): never =>
  new PassThrough({ transform: (chunk, _encoding, done) => done(null, String(chunk).toUpperCase()) }) as never

async function readAll(readable: AsyncIterable<unknown>): Promise<string> {
  let text = ''
  for await (const chunk of readable) text += String(chunk)
  return text
}

/** The old kind of stream, which is no async iterable. */
function legacy(): stream & { text: string; writable: boolean } {
  return Object.assign(new stream(), {
    text: '',
    writable: true,
    write(this: { text: string }, chunk: unknown) {
      this.text += String(chunk)
      return true
    },
    end(this: stream) {
      this.emit('finish')
      this.emit('close')
    },
  })
}

/** What is done with streams and promises: the result is the same in a greenlet as outside of all. */
const uses: Record<string, () => Promise<unknown>> = {
  'compose of an async generator and an async sink': async () => {
    const read: string[] = []
    const sink = async (source: AsyncIterable<unknown>): Promise<void> => {
      for await (const chunk of source) read.push(String(chunk))
    }
    const composed = compose(letters, sink)
    const ended = once(composed, 'finish')
    composed.end()
    await ended
    return read.join('')
  },
  'readable.compose': async () => readAll(Readable.from(['x']).compose(upperCase())),
  'Duplex.from(promise)': async () => readAll(Duplex.from(Promise.resolve('from a promise'))),
  'Duplex.from(an async function)': async () => {
    let text = ''
    const duplex = Duplex.from(async (source: AsyncIterable<unknown>) => {
      for await (const chunk of source) text += String(chunk)
    })
    duplex.end('written')
    await once(duplex, 'close')
    return text
  },
  'Readable.from(promise)': async () => {
    try {
      return await readAll(Readable.from(Promise.resolve('x') as never))
    } catch (error) {
      return (error as { code?: unknown }).code
    }
  },
  'pipeline with an async sink': async () => {
    let text = ''
    await new Promise<void>((resolve, reject) => {
      pipeline(
        letters,
        async (source: AsyncIterable<string>) => {
          text = await readAll(source)
        },
        (error) => (error ? reject(error) : resolve()),
      )
    })
    return text
  },
  'pipeline of node:stream/promises with an async sink': async () => {
    let text = ''
    await promises.pipeline(Readable.from(['p', 'q']), async (source: AsyncIterable<string>) => {
      text = await readAll(source)
    })
    return text
  },
  'pipeline into a legacy stream': async () => {
    const target = legacy()
    await promises.pipeline(Readable.from(['old ', 'style']), target as unknown as Writable)
    return target.text
  },
  'pipeline into a request': async () => {
    const server = http.createServer((request, response) => {
      void readAll(request).then((text) => response.end(text.toUpperCase()))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    try {
      const { port } = server.address() as AddressInfo
      return await post(port)
    } finally {
      server.close()
      server.closeAllConnections()
    }
  },
  'writeFile of a promise leaves the file as it was': async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gvent-'))
    const file = join(folder, 'kept')
    try {
      await writeFile(file, 'kept')
      const code = await writeFile(file, Promise.resolve('lost') as never).catch(
        (error: unknown) => (error as { code: unknown }).code,
      )
      return [code, await readFile(file, 'utf8')]
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

async function post(port: number): Promise<string> {
  const request = http.request({ port, host: '127.0.0.1', method: 'POST', agent: false })
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>
  await promises.pipeline(Readable.from(['sent ', 'whole']), new PassThrough(), request)
  const [response] = await answered
  return await readAll(response)
}

for (const [name, use] of Object.entries(uses)) {
  test(`Node's own code sees in a greenlet what it always saw: ${name}`, async () => {
    const outside = await use()
    assert.ok(String(outside).length > 0)
    // All of it begins in the greenlet, while that runs.
    assert.deepEqual(await run(() => until(use())), outside)
    assert.deepEqual(
      await spawn(function* (): Coroutine<unknown> {
        yield
        return yield* until(use())
      }),
      outside,
    )
  })
}
