import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { startExample } from './example.js'

test('the server by hand answers a browser with its page and its picture, and prints what it was asked', async () => {
  const example = await startExample('by-hand')
  const url = `http://127.0.0.1:${example.port}`
  for (const path of ['/', '/favicon.ico']) {
    const page = await fetch(`${url}${path}`)
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
    const text = await page.text()
    assert.match(text, /<title>WOW<\/title>/)
    assert.match(text, /Wow, Python Server/)
  }
  const answer = await fetch(`${url}/test.png`)
  assert.equal(answer.headers.get('content-type'), 'image/png')
  checkPicture(Buffer.from(await answer.arrayBuffer()))
  const { stdout, stderr } = await example.stop()
  assert.equal(stdout.match(/^Connected by 127\.0\.0\.1:\d+$/gm)?.length, 3)
  assert.match(stdout, /^GET \/test\.png HTTP\/1\.1\r?$/m)
  assert.equal(stderr, '')
})

/** Takes a PNG apart as far as the pixels of its first and its last row. */
function checkPicture(png: Buffer): void {
  assert.equal(png.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n')
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at)
    chunks.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  assert.deepEqual([...chunks.keys()], ['IHDR', 'IDAT', 'IEND'])
  // The checksum of a chunk without content is a known constant.
  assert.equal(png.readUInt32BE(png.length - 4), 0xae426082)
  const header = chunks.get('IHDR')!
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const pixels = inflateSync(chunks.get('IDAT')!)
  assert.equal(pixels.length, height * (1 + 3 * width))
  assert.deepEqual([...pixels.subarray(0, 4)], [0, 0, 0, 0])
  assert.deepEqual([...pixels.subarray(-3)], [252, 252, 0])
}

test('the development server answers with the index.html of its folder, and without a body when there is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gvent-'))
  const example = await startExample('development-server', folder)
  try {
    const url = `http://127.0.0.1:${example.port}/`
    assert.equal(example.firstLine, `Development server is running at ${url}`)
    const empty = await fetch(url)
    assert.equal(empty.status, 200)
    assert.equal(await empty.text(), '')
    writeFileSync(join(folder, 'index.html'), '<h1>here</h1>')
    assert.equal(await (await fetch(url)).text(), '<h1>here</h1>')
    const posted = await fetch(url, { method: 'POST' })
    assert.equal(posted.status, 501)
    await posted.text()
  } finally {
    const { stderr } = await example.stop()
    assert.equal(stderr.match(/"GET \/ HTTP\/1\.1" 200/g)?.length, 2)
    rmSync(folder, { recursive: true })
  }
})

test('the gateway runs the application and the middleware around it', async () => {
  const example = await startExample('wsgi')
  assert.equal(example.firstLine, `Serving HTTP on port ${example.port}...`)
  const answer = await fetch(`http://127.0.0.1:${example.port}/`)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'text/plain')
  assert.match(answer.headers.get('server-timing')!, /^app;dur=\d/)
  assert.equal(await answer.text(), 'Hello world!\n')
  assert.equal((await example.stop()).stderr, '')
})
