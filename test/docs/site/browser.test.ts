import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { useChromium, withoutChromium } from '../../io/chromium.js'
import { builtSite } from './built.js'

const browser = useChromium()
const site = withoutChromium !== false ? { folder: '' } : builtSite()
const wide = { viewport: { width: 1280, height: 900 } }
const phone = { viewport: { width: 390, height: 844 } }

/** Opens a page from disk. What it loads from elsewhere, and what it complains of, fails the test. */
async function opened(
  path: string,
  options: BrowserContextOptions,
  check: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser().newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(0)
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('request', (request) => {
    if (!/^(?:file|blob|data):/.test(request.url())) complaints.push(`from outside: ${request.url()}`)
  })
  try {
    await page.goto(addressOf(path))
    await check(page)
    assert.deepEqual(complaints, [])
  } finally {
    await context.close()
  }
}

function addressOf(path: string): string {
  const [file, anchor] = path.split('#') as [string, string?]
  return pathToFileURL(join(site.folder, file)).href + (anchor === undefined ? '' : `#${anchor}`)
}

test('the search of a page from disk leads to a section of another page', { skip: withoutChromium }, async () => {
  await opened('errors/index.html', wide, async (page) => {
    await page.keyboard.press('/')
    await page.fill('.finder input', 'mutex')
    await page.waitForSelector('.finder li.chosen')
    assert.equal(await page.locator('.finder li strong').first().innerText(), 'A mutex: one at a time')
    await page.keyboard.press('Enter')
    await page.waitForURL(addressOf('cookbook.html#a-mutex-one-at-a-time'))
  })
})

test('a search that finds nothing says so', { skip: withoutChromium }, async () => {
  await opened('index.html', wide, async (page) => {
    await page.click('header .search')
    await page.fill('.finder input', 'qwertzuiop')
    await page.waitForSelector('.finder .none')
    await page.keyboard.press('Escape')
    await page.waitForSelector('.finder', { state: 'hidden' })
  })
})

test(
  'the language that is chosen is that of all programs, also of the next page',
  { skip: withoutChromium },
  async () => {
    await opened('cookbook.html', wide, async (page) => {
      const shown = (language: string): Promise<number> =>
        page.locator(`.tabs:not(.single) .panel[data-language=${language}]:visible`).count()
      const count = await shown('ts')
      assert.ok(count > 30)
      assert.equal(await shown('js'), 0)
      await page.locator('.languages [data-choose=js]').first().click()
      assert.deepEqual([await shown('js'), await shown('ts')], [count, 0])
      await page.goto(addressOf('testing.html'))
      assert.equal(await shown('ts'), 0)
    })
  },
)

test('the theme is that of the system, until one is chosen', { skip: withoutChromium }, async () => {
  const ground = 'getComputedStyle(document.body).backgroundColor'
  await opened('index.html', { ...wide, colorScheme: 'dark' }, async (page) => {
    const dark = await page.evaluate(ground)
    await page.click('header .theme')
    const light = await page.evaluate(ground)
    assert.deepEqual([dark, light], ['rgb(15, 20, 18)', 'rgb(255, 255, 255)'])
    await page.goto(addressOf('guide.html'))
    assert.equal(await page.evaluate(ground), light)
  })
})

test('nothing is wider than a phone, and the contents open by the button', { skip: withoutChromium }, async () => {
  for (const path of [
    'index.html',
    'cookbook.html',
    'benchmarks/index.html',
    'errors/index.html',
    'playground.html',
    'api/index.html',
  ]) {
    await opened(path, phone, async (page) => {
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, path)
      await page.click('header .menu')
      await page.click('.contents a[href$="install.html"], .contents a[href$="guide.html"] >> nth=0')
    })
  }
})

test('no figure of the benchmarks wraps', { skip: withoutChromium }, async () => {
  for (const path of ['index.html', 'benchmarks/index.html', 'benchmarks/kernel.html']) {
    await opened(path, phone, async (page) => {
      const wrapped = await page.evaluate(`Array.from(document.querySelectorAll('td, th'))
        .filter((cell) => getComputedStyle(cell).textAlign === 'right')
        .filter((cell) => {
          const range = document.createRange()
          range.selectNodeContents(cell)
          return range.getBoundingClientRect().height > 1.7 * parseFloat(getComputedStyle(cell).lineHeight)
        }).map((cell) => cell.textContent)`)
      assert.deepEqual(wrapped, [], path)
    })
  }
})

/** Writes a program into the editor, and runs it. */
async function run(page: Page, source: string): Promise<void> {
  await page.click('.cm-content')
  await page.keyboard.press('ControlOrMeta+a')
  await page.keyboard.insertText(source)
  await page.click('.go')
}

const stateIs = async (page: Page, text: string): Promise<void> => {
  await page.waitForSelector(`.state:text-is("${text}")`)
}

const playground: readonly [example: string, output: RegExp][] = [
  [
    '1-spawn',
    /tea: done after 300 ms\neggs: done after 600 ms\nrice: done after 900 ms\neverything is ready: eggs, rice, tea$/,
  ],
  ['2-kill', /0 %\n.*the half of the file is removed\nit is dead$/s],
  ['3-race', /Paris: cancelled\nLima: cancelled\nthe answer of Tokyo$/],
  [
    '4-explore',
    /^SimulationFailure: an error: Error: money was lost: [12]0\nin schedule \d+.*to repeat it: simulate\(\{ replay: '\w+' \}, fn\)$/s,
  ],
  ['5-queue', /put 6.* has 6$/s],
  ['7-timeout', /^cleaned up\ntoo slow, but here is a default\ncleaned up\ntimed out after 300 ms$/],
]

for (const [example, expected] of playground) {
  test(`the example ${example} runs in the page`, { skip: withoutChromium }, async () => {
    await opened(`playground.html#${example}`, wide, async (page) => {
      await page.click('.go')
      await stateIs(page, 'done')
      assert.match((await page.innerText('.output')).replace(/\n+/g, '\n'), expected)
    })
  })
}

test(
  'a failure that explore finds is drawn: a column for each greenlet, and the unusual step marked',
  { skip: withoutChromium },
  async () => {
    await opened('playground.html#4-explore', wide, async (page) => {
      await page.click('.go')
      await stateIs(page, 'done')
      assert.deepEqual(await page.locator('.diagram th').allTextContents(), [
        '',
        'twoDeposits',
        'deposit',
        'deposit#3',
        'waits for',
      ])
      assert.equal(await page.locator('.diagram .unusual').count(), 1)
      const rows = await page.locator('.diagram tbody tr').count()
      assert.ok(rows > 4)
      assert.equal(await page.locator('.diagram .greenlet:text-is("●")').count(), rows)
      // Corrected as the comment says, it holds.
      const source = (await page.locator('.cm-line').allTextContents()).join('\n')
      await run(page, source.replace(/ +const before = balance\n(.*acquire\(\).*\n)/, '$1    const before = balance\n'))
      await stateIs(page, 'done')
      assert.equal(await page.innerText('.output'), 'nothing found in 1000 orders')
    })
  },
)

test('a deadlock is reported as in Node, with the lines of the program', { skip: withoutChromium }, async () => {
  await opened('playground.html#6-deadlock', wide, async (page) => {
    await page.click('.go')
    await page.waitForSelector('.output .bad')
    assert.match(
      await page.innerText('.output'),
      /^Deadlock: .*\n.* Lock "accounts"\.acquire.*\n +at transfer \(program\.js:9:33\)/,
    )
    await stateIs(page, 'deadlock: 2 greenlets can never go on')
    assert.match(await page.innerText('.output'), /LoopExit/)
  })
})

test(
  'a program that can never go on ends with a report, and one that waits for the page goes on',
  { skip: withoutChromium },
  async () => {
    await opened('playground.html', wide, async (page) => {
      await run(page, "import { Queue, run } from 'gvent'\nawait run(function* main() { yield* new Queue().get() })")
      await stateIs(page, 'done')
      assert.match(
        await page.innerText('.output'),
        /^Deadlock: a greenlet waits, .*\n.*main.*Queue.*LoopExit: .* can never end/s,
      )
      // Nothing wakes the greenlet but what the program began: a timer, or a promise of the page.
      const waking = [
        'setTimeout(() => event.set(), 300)',
        'const timer = setInterval(() => { clearInterval(timer); event.set() }, 300)',
        "fetch('data:,').then(() => event.set())",
        'spawn(() => until(new Promise((resolve) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = resolve; port2.postMessage(0) }).then(() => event.set())))',
      ]
      for (const wake of waking) {
        await run(
          page,
          `import { Event, spawn, until } from 'gvent'\nconst event = new Event()\n${wake}\nawait event.wait()\nconsole.log('woken')`,
        )
        await stateIs(page, 'done')
        assert.equal(await page.innerText('.output'), 'woken')
      }
    })
  },
)

test('an endless loop is stopped, also one that prints; the next program runs', { skip: withoutChromium }, async () => {
  await opened('playground.html', wide, async (page) => {
    for (const loop of ["console.log('in it')\nfor (;;);", "for (;;) console.log('in it')"]) {
      await run(page, loop)
      await page.waitForSelector('.output pre:text-is("in it")')
      await page.click('.stop')
      await stateIs(page, 'stopped')
    }
    await run(
      page,
      "import { sleep } from 'gvent'\nawait sleep(1)\nconsole.log({ a: [1, 'b'], c: new Map([[1n, null]]) })",
    )
    await stateIs(page, 'done')
    assert.equal(await page.innerText('.output'), '{ a: [ 1, "b" ], c: Map { 1n => null } }')
  })
})

const mistakes: readonly [mistake: string, source: string, output: RegExp][] = [
  [
    'an argument that is wrong',
    "import { sleep } from 'gvent'\n\nsleep('1')",
    /^TypeError: sleep\(.*expected .*\n +at .*program\.js:3:1/s,
  ],
  [
    'an error that nobody observes',
    "import { spawn } from 'gvent'\nspawn(function* job() { throw new Error('boom') })",
    /^<Greenlet #1 "job"> ended with an error:\nError: boom\n +at job \(program\.js:2:\d+\)/,
  ],
  ['a syntax that is wrong', 'const a = 1\nconst = 2', /^SyntaxError: Unexpected token, line 2$/],
  [
    'a module that is not there',
    "import { readFile } from 'node:fs'",
    /^SyntaxError: there is no module 'node:fs' in this page: only 'gvent', .*, line 1$/,
  ],
  [
    'a name that is not there',
    "import { HTTPServer } from 'gvent'",
    /^SyntaxError: 'gvent' has no export 'HTTPServer'/,
  ],
  [
    'a wait without yield*',
    "import { run, sleep } from 'gvent'\nawait run(function* () { yield sleep })",
    /^TypeError: yield sleep .* Write `yield\* sleep\(\.\.\.\)`/,
  ],
]

for (const [mistake, source, expected] of mistakes) {
  test(`${mistake} is shown with its message and its line`, { skip: withoutChromium }, async () => {
    await opened('playground.html', wide, async (page) => {
      await run(page, source)
      await page.waitForSelector('.output .bad')
      await page.waitForSelector('.stop:disabled')
      assert.match(await page.innerText('.output'), expected)
    })
  })
}
