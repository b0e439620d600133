import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { useChromium, withoutChromium } from '../io/chromium.js'
import { startTarget } from './programs.js'

const browser = useChromium()

/** What the page says of itself is an error of the test: a refusal of the content policy, say. */
async function showing(
  source: string,
  options: BrowserContextOptions,
  check: (page: Page, child: ReturnType<typeof startTarget>['child']) => Promise<void>,
): Promise<void> {
  const { child, printed } = startTarget(`
    import { serveConsole } from 'gvent/console'
    import { Lock, Queue, sleep, spawn } from 'gvent'
    ${source}
    const served = await serveConsole()
    console.log('url ' + served.url + ' ')`)
  let text = ''
  child.stdout!.on('data', (chunk: string) => (text += chunk))
  try {
    await printed('url ')
    while (!/url \S+ /.test(text)) await once(child.stdout!, 'data')
    const page = await browser().newPage(options)
    const complaints: string[] = []
    page.on('console', (message) => {
      // The end of a program is one for its page.
      if (!child.killed) complaints.push(message.text())
    })
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('dialog', (dialog) => {
      complaints.push(dialog.message())
      void dialog.dismiss()
    })
    await page.goto(/url (\S+) /.exec(text)![1]!)
    await page.waitForSelector('.headline .sentence', { timeout: 0 })
    await check(page, child)
    // For people who want to see what was looked at.
    const folder = process.env['GVENT_TEST_SCREENSHOTS']
    if (folder !== undefined) {
      mkdirSync(folder, { recursive: true })
      const { width = 0 } = options.viewport ?? {}
      await page.screenshot({
        path: join(folder, `page-${width}-${options.colorScheme ?? 'light'}.png`),
        fullPage: true,
      })
    }
    assert.deepEqual(complaints, [])
    await page.close()
  } finally {
    child.kill('SIGKILL')
  }
}

/** Clicks once, and waits until an element appears. */
async function open(page: Page, selector: string, appears: string): Promise<void> {
  await page.click(selector, { timeout: 0 })
  await page.waitForSelector(appears, { timeout: 0 })
}

/** Waits until the page was drawn anew. */
async function drawnAnew(page: Page): Promise<void> {
  await page.evaluate(`new Promise((done) => {
    const watch = new MutationObserver(() => { watch.disconnect(); setTimeout(done, 200) })
    watch.observe(document.getElementById('process'), { childList: true })
  })`)
}

/** Waits until an element has such a text. */
async function shown(page: Page, selector: string, text: RegExp): Promise<void> {
  await page.locator(selector, { hasText: text }).first().waitFor({ timeout: 0 })
}

const jammed = `
  const named = (name) => spawn(Object.defineProperty(function* () { yield* sleep(3_600_000) }, 'name', { value: name }))
  const lock = new Lock({ name: 'accounts' })
  spawn(function* nightlyReport() { yield* lock.acquire(); yield* sleep(3_600_000) })
  for (let i = 0; i < 8000; i++) spawn(function* request() { yield* lock.acquire() })
  named('<img src=x onerror=alert(1)>')
  spawn(function* spinner() { for (;;) { for (const end = performance.now() + 20; performance.now() < end;); yield* sleep(5) } })
  await sleep(1000)`

const wide = { viewport: { width: 1360, height: 900 } }

test('the sentence on top names the jam, and the graph shows it bundled', { skip: withoutChromium }, async () => {
  await showing(jammed, wide, async (page) => {
    await shown(page, '.sentence', /8,000 wait/)
    assert.match(
      await page.innerText('.sentence'),
      /^8,000 wait for Lock "accounts", .* held by nightlyReport #1, which has waited for sleep/,
    )
    const knots = await page.locator('.knot .name').allTextContents()
    assert.deepEqual(knots.sort(), ['nightlyReport #1', 'request × 8,000'])
    assert.equal(await page.locator('.outline').isVisible(), false)

    await shown(page, '#timelines', /spinner/)
    // A click on a group shows its members, and one on a member its stack.
    await open(page, 'td:text-is("request")', '.line.opens')
    await shown(page, '.total', /^8,000 greenlets$/)
    const drawn = await page.locator('.line.opens').count()
    assert.ok(drawn > 10 && drawn < 200, `${drawn} rows are drawn`)
    await page.fill('input[type=search]', 'onerror')
    await open(page, '.chosen button', '.total:text-is("1 greenlet")')
    await open(page, '.line.opens', '#details[open] pre')
    assert.match(await page.innerText('#details h2'), /^<img src=x onerror=alert\(1\)> #\d+$/)
    assert.equal(await page.locator('img').count(), 0)
    await page.keyboard.press('Escape')

    await open(page, 'role=tab[name="Tree"]', '.tree li')
    assert.match(await page.innerText('.tree'), /request × 8,000/)
    await open(page, '.toggle', '.tree .tree li, .tree ul li')

    await page.click('role=tab[name="Things"]')
    assert.match(await page.innerText('#panel'), /Lock "accounts"\s+Lock\s+8,000/)

    await open(page, '#dump', '#report pre:has-text("8,000 × \\"request\\"")')
    assert.match(await page.innerText('#report .controls'), /Every greenlet: pauses the program for about 0\.\d s/)
  })
})

test(
  'a click and the focus stay with what was chosen, though the page is drawn anew',
  { skip: withoutChromium },
  async () => {
    await showing(jammed, wide, async (page) => {
      const press = async (selector: string, appears: string): Promise<void> => {
        await page.locator(selector).first().hover({ timeout: 0 })
        await page.mouse.down()
        await drawnAnew(page)
        await page.mouse.up()
        await page.waitForSelector(appears, { timeout: 0 })
      }
      await shown(page, '.sentence', /8,000 wait/)
      await press('.knot.single', '#details[open] pre')
      await page.keyboard.press('Escape')

      await page.click('role=tab[name="Longest waits"]')
      await page.focus('tr.opens', { timeout: 0 })
      const focused = 'document.activeElement.dataset.opens'
      const id = String(await page.evaluate(focused))
      await drawnAnew(page)
      assert.equal(await page.evaluate(focused), id)
      await page.keyboard.press('Enter')
      await page.waitForSelector(`#details[open] h2:has-text("#${id}")`, { timeout: 0 })
      await page.keyboard.press('Escape')

      await page.click('role=tab[name="Greenlets"]')
      await page.fill('input[type=search]', 'nightly')
      await shown(page, '.total', /^1 greenlet$/)
      await press('.line.opens', '#details[open] h2:has-text("nightlyReport")')
      await page.keyboard.press('Escape')

      await page.click('role=tab[name="Groups"]')
      await press('td:text-is("request")', '.line.opens')
    })
  },
)

test('on a phone the graph is a list, and nothing is wider than the screen', { skip: withoutChromium }, async () => {
  await showing(jammed, { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }, async (page) => {
    await page.waitForSelector('.outline li', { timeout: 0 })
    assert.equal(await page.locator('.picture').isVisible(), false)
    assert.match(
      await page.innerText('.outline'),
      /nightlyReport #1\s+sleep\(3600000\) .*\s+request × 8,000\s+waits for Lock "accounts"/,
    )
    for (const tab of ['Groups', 'Greenlets', 'Tree', 'Longest waits', 'Things']) {
      await page.click(`role=tab[name="${tab}"]`)
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, tab)
    }
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    const [red = 255] = /\d+/.exec(String(ground))!.map(Number)
    assert.ok(red < 50, `the ground is dark: ${String(ground)}`)
  })
})

test('those that wait for one another in a circle are red', { skip: withoutChromium }, async () => {
  const source = `
    const [a, b] = [new Lock({ name: 'ledger' }), new Lock({ name: 'journal' })]
    spawn(function* incoming() { yield* a.acquire(); yield* sleep(5); yield* b.acquire() })
    spawn(function* outgoing() { yield* b.acquire(); yield* sleep(5); yield* a.acquire() })
    setInterval(() => {}, 1000)
    await sleep(50)`
  await showing(source, { ...wide, colorScheme: 'dark' }, async (page) => {
    await page.waitForSelector('.knot.red', { timeout: 0 })
    const names = await page.locator('.knot.red .name').allTextContents()
    assert.deepEqual(names.map((name) => name.replace(/ #\d+/, '')).sort(), ['incoming', 'outgoing'])
    assert.equal(await page.locator('.strand.red').count(), 2)
    assert.match(await page.innerText('.sentence'), /^Deadlock: /)
  })
})

test('a program that ends while somebody looks is said to have ended', { skip: withoutChromium }, async () => {
  await showing('setInterval(() => {}, 1000)', wide, async (page, child) => {
    await page.waitForSelector('.live.live', { timeout: 0 })
    assert.match(await page.innerText('.sentence'), /^Nothing jams: no greenlet is alive\.$/)
    child.kill('SIGKILL')
    await page.waitForSelector('.live.lost', { timeout: 0 })
    assert.match(await page.innerText('.sentence'), /^There is no connection/)
  })
})

test('a hundred thousand greenlets do not freeze the page', { skip: withoutChromium }, async () => {
  const source = `
    for (let i = 0; i < 100_000; i++) spawn(function* nap() { yield* sleep(3_600_000) })
    await sleep(0)`
  await showing(source, wide, async (page) => {
    await page.click('role=tab[name="Greenlets"]')
    await shown(page, '.total', /^100,000 greenlets$/)
    await page.evaluate(`document.querySelector('.window').scrollTop = 99_000 * 30`)
    await shown(page, '.line.opens', /^9[89]\d{3}nap/)
    assert.ok((await page.locator('.line.opens').count()) < 200)
  })
})
