import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { useChromium, withoutChromium } from '../../io/chromium.js'
import { startExample } from './example.js'

const browser = useChromium()
const viewport = { width: 400, height: 300 }

/** What a screenshot shows. */
interface Picture {
  readonly width: number
  readonly height: number
  /** How many different colours there are. */
  readonly colours: number
  /** Red, green and blue at the places that were asked for. */
  readonly samples: readonly (readonly number[])[]
}

/** What the browser does to see what is in a picture; a text, because it runs there and not here. */
const looking = `async ({ png, places }) => {
  const image = new Image()
  image.src = 'data:image/png;base64,' + png
  await image.decode()
  const { width, height } = image
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  const context = canvas.getContext('2d')
  context.drawImage(image, 0, 0)
  const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer)
  const samples = places.map(([x, y]) => Array.from(context.getImageData(x, y, 1, 1).data.subarray(0, 3)))
  return { width, height, colours: new Set(pixels).size, samples }
}`

/** Has the browser itself look at a screenshot of what it shows. */
async function look(page: Page, places: readonly (readonly [number, number])[] = []): Promise<Picture> {
  const png = (await page.screenshot()).toString('base64')
  const blank = await browser().newPage()
  try {
    return await blank.evaluate<Picture>(`(${looking})(${JSON.stringify({ png, places })})`)
  } finally {
    await blank.close()
  }
}

/** Shows what an example answers, and gives what the example said. */
async function showing(
  name: string,
  check: (page: Page, url: string) => Promise<void>,
  cwd?: string,
): Promise<{ stdout: string; stderr: string }> {
  const example = await startExample(name, cwd)
  try {
    const page = await browser().newPage({ viewport })
    await check(page, `http://127.0.0.1:${example.port}/`)
    await page.close()
  } catch (error) {
    await example.stop()
    throw error
  }
  return example.stop()
}

test('a browser shows the page and the picture of the server by hand', { skip: withoutChromium }, async () => {
  const { stdout, stderr } = await showing('by-hand', async (page, url) => {
    await page.goto(url, { waitUntil: 'load' })
    assert.equal(await page.title(), 'WOW')
    assert.equal(await page.innerText('p'), 'Wow, Python Server')
    const { x, y, width, height } = (await page.locator('img').boundingBox())!
    assert.deepEqual([width, height], [64, 64])
    const picture = await look(page, [
      [x + 1, y + 1],
      [x + 62, y + 1],
      [x + 1, y + 62],
      [x + 62, y + 62],
      [390, 290],
    ])
    assert.deepEqual([picture.width, picture.height], [viewport.width, viewport.height])
    // Black, red, green, yellow, and the paper around it.
    assert.deepEqual(picture.samples, [
      [4, 4, 0],
      [248, 4, 0],
      [4, 248, 0],
      [248, 248, 0],
      [255, 255, 255],
    ])
  })
  assert.match(stdout, /^GET \/ HTTP\/1\.1/m)
  assert.match(stdout, /^GET \/test\.png HTTP\/1\.1/m)
  assert.equal(stderr, '')
})

test('a browser shows the index.html of the development server', { skip: withoutChromium }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gvent-'))
  writeFileSync(
    join(folder, 'index.html'),
    '<!DOCTYPE html><title>here</title><body style="margin: 0; background: rgb(10, 120, 200)"><h1>It works</h1>',
  )
  const check = async (page: Page, url: string): Promise<void> => {
    await page.goto(url)
    assert.equal(await page.title(), 'here')
    assert.equal(await page.innerText('h1'), 'It works')
    const picture = await look(page, [[390, 290]])
    assert.deepEqual(picture.samples, [[10, 120, 200]])
    // There is something on the ground: the letters.
    assert.ok(picture.colours > 2, String(picture.colours))
  }
  try {
    await showing('development-server', check, folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a browser shows what the application behind the gateway says', { skip: withoutChromium }, async () => {
  const { stderr } = await showing('wsgi', async (page, url) => {
    const response = await page.goto(url)
    assert.equal(response!.status(), 200)
    assert.equal(await page.innerText('body'), 'Hello world!\n')
    const picture = await look(page, [[390, 290]])
    assert.deepEqual(picture.samples, [[255, 255, 255]])
    assert.ok(picture.colours > 1, String(picture.colours))
  })
  assert.equal(stderr, '')
})
