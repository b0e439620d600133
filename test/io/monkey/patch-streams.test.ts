import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { Duplex, PassThrough, Readable, Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ClosedError, ConcurrentUseError, type Coroutine } from 'gvent'
import { patchStreams, unpatchAll } from 'gvent/monkey'
import { greenTest, raised, start, turns } from '../green-test.js'

patchStreams()
after(unpatchAll)

function* readAll(stream: Readable): Coroutine<unknown[]> {
  const chunks: unknown[] = []
  for (let chunk: unknown = yield* stream; chunk !== null; chunk = yield* stream) chunks.push(chunk)
  return chunks
}

greenTest('yield* gives the next chunk of a stream, and null at the end', function* () {
  assert.deepEqual(yield* readAll(Readable.from(['a', { b: 1 }, 'c'])), ['a', { b: 1 }, 'c'])
  const source = Readable.from([1, 2])
  yield* readAll(source)
  assert.equal(yield* source, null)
  const file = yield* readAll(createReadStream(fileURLToPath(import.meta.url)))
  assert.match(Buffer.concat(file as Buffer[]).toString(), /^import assert/)
})

greenTest('recv takes so many bytes at most', function* () {
  const stream = new PassThrough()
  stream.end('abcdef')
  assert.equal(String(yield* stream.recv(4)), 'abcd')
  assert.equal(String(yield* stream.recv(4)), 'ef')
  assert.equal(yield* stream.recv(4), null)
  assert.throws(() => stream.recv(0), RangeError)
})

greenTest('a killed reader takes nothing, and a second one at the same time is refused', function* () {
  const stream = new PassThrough()
  const reader = start(() => stream.recv())
  yield* turns()
  assert.ok((yield* raised(stream.recv())) instanceof ConcurrentUseError)
  // It is woken, and killed before it runs.
  stream.once('readable', () => void reader.kill())
  stream.write('chunk')
  yield* reader.join()
  assert.equal(String(yield* stream.recv()), 'chunk')
  assert.deepEqual(stream.eventNames().sort().includes('readable'), false)
  stream.destroy()
})

greenTest('the error of a stream is raised, and a destroyed one says so', function* () {
  const error = new Error('broken')
  const broken = new PassThrough()
  const reader = start(() => broken.recv())
  yield* turns()
  broken.destroy(error)
  assert.equal(yield* raised(reader), error)
  assert.equal(yield* raised(broken.recv()), error)
  const destroyed = new PassThrough()
  destroyed.destroy()
  assert.ok((yield* raised(destroyed.recv())) instanceof ClosedError)
})

greenTest('sendAll waits until the chunk is written', function* () {
  const written: string[] = []
  const slow = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      setImmediate(() => {
        written.push(String(chunk))
        done(written.length > 1 ? new Error('full') : null)
      })
    },
  })
  yield* slow.sendAll('one')
  assert.deepEqual(written, ['one'])
  assert.match(String(yield* raised(slow.sendAll('two'))), /full/)
  assert.match(String(yield* raised(slow.sendAll('three'))), /full|destroyed|closed/i)
  assert.equal(typeof new Duplex().sendAll, 'function')
})

greenTest('a killed greenlet destroys its pipeline, and leaves what it only watched', function* () {
  const [source, target] = [new PassThrough(), new PassThrough()]
  const piping = start(function* () {
    yield* pipeline(source, target)
  })
  const watched = new PassThrough()
  const watching = start(function* () {
    yield* finished(watched)
  })
  yield* turns()
  yield* piping.kill()
  yield* watching.kill()
  assert.deepEqual([source.destroyed, target.destroyed, watched.destroyed], [true, true, false])
  watched.destroy()

  const whole = new PassThrough()
  whole.end('text')
  const copy = new PassThrough()
  yield* pipeline(whole, copy, { end: true })
  assert.equal(String(yield* copy), 'text')
})
