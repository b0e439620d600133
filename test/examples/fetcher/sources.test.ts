import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { SourceError, Sources } from '#examples/fetcher/sources'
import { temporaryFolder } from './peers.js'

test('arguments come before files, and are as many as they are', async () => {
  const sources = new Sources(['a', 'b'], [])
  await sources.check()
  assert.equal(sources.total, 2)
  assert.deepEqual(await Readable.from(sources).toArray(), ['a', 'b'])
})

test('a file has lines of any kind, across the blocks in which it is read', async (context) => {
  const file = join(await temporaryFolder(context), 'list')
  const urls = Array.from({ length: 20_000 }, (_, number) => `http://host/${number}/ä`)
  await writeFile(file, `\ufeff# comment\r\n\r\n${urls.join('\r\n')}`)
  assert.deepEqual(await Readable.from(new Sources(['first'], [file])).toArray(), ['first', ...urls])
})

test('how many URLs a file has is estimated from what was read, and known in the end', async (context) => {
  const file = join(await temporaryFolder(context), 'list')
  await writeFile(file, 'http://host/page\n'.repeat(50_000))
  const sources = new Sources(['first'], [file])
  await sources.check()
  assert.equal(sources.total, undefined)
  let read = 0
  for await (const _ of sources) {
    if (++read < 3) continue
    assert.equal(sources.total, 50_001)
  }
  assert.equal(sources.total, 50_001)
})

test('standard input may be of any length', async () => {
  const sources = new Sources([], ['-'])
  await sources.check()
  assert.equal(sources.total, undefined)
})

test('a file that is not there is noticed before anything is read', async () => {
  await assert.rejects(new Sources(['a'], ['/nowhere/at all']).check(), {
    constructor: SourceError,
    message: 'cannot read /nowhere/at all: there is no such file',
  })
})

test('a file that vanishes after that is an error at its turn', async (context) => {
  const file = join(await temporaryFolder(context), 'list')
  const sources = new Sources(['a'], [file])
  const iterator = sources[Symbol.asyncIterator]()
  assert.equal((await iterator.next()).value, 'a')
  await assert.rejects(iterator.next(), SourceError)
})

test('a line that is too long is an error that says which', async (context) => {
  const file = join(await temporaryFolder(context), 'list')
  await writeFile(file, `http://a/\n${'x'.repeat(10_000_000)}`)
  const iterator = new Sources([], [file])[Symbol.asyncIterator]()
  assert.equal((await iterator.next()).value, 'http://a/')
  await assert.rejects(iterator.next(), {
    message: `${file}: line 2 is longer than any URL; expected one URL a line`,
  })
})
