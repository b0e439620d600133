import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { startProgram } from '../../io/program.js'
import { programsOf, readPages, root } from '../pages.js'
import { builtSite } from './built.js'

const site = builtSite()

function pages(): Map<string, string> {
  const files = readdirSync(site.folder, { recursive: true, encoding: 'utf8' })
  return new Map(
    files.filter((file) => file.endsWith('.html')).map((file) => [file, readFileSync(join(site.folder, file), 'utf8')]),
  )
}

const idsOf = (html: string): Set<string> => new Set(Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id]) => id!))

test('every link leads to a page or a picture of the site, and to a place in it', () => {
  const all = pages()
  const ids = new Map(Array.from(all, ([file, html]) => [file, idsOf(html)]))
  const dead: string[] = []
  for (const [file, html] of all) {
    const prose = html.replace(/<pre.*?<\/pre>/gs, '')
    for (const [, target] of prose.matchAll(/ (?:href|src)="([^"]*)"/g)) {
      if (/^(?:https?|mailto):/.test(target!)) continue
      const [path, anchor] = target!.replaceAll('&amp;', '&').split('#') as [string, string?]
      const linked = path === '' ? file : normalize(join(dirname(file), decodeURI(path)))
      if (!existsSync(join(site.folder, linked))) dead.push(`${file}: ${target!}`)
      else if (anchor !== undefined && linked.endsWith('.html') && !ids.get(linked)!.has(decodeURIComponent(anchor))) {
        dead.push(`${file}: ${target!}`)
      }
    }
  }
  assert.deepEqual(dead, [])
})

test('pages need nothing from outside, and no path begins at a root that a page from disk does not have', () => {
  for (const [file, html] of pages()) {
    const loaded = Array.from(
      html.matchAll(/<(?:script|img|link|iframe)\b[^>]*? (?:src|href)="([^"]*)"/g),
      ([, url]) => url!,
    )
    assert.ok(loaded.length > 2)
    assert.deepEqual(
      loaded.filter((url) => /^(?:[a-z]+:|\/)/.test(url)),
      [],
      file,
    )
    assert.doesNotMatch(html, /<script[^>]* type="module"/, file)
  }
})

test('the README is the front, and each page has the icon', () => {
  const all = pages()
  assert.match(all.get('index.html')!, /<h1 id="gvent">gvent.*Cancellation works\./s)
  for (const [file, html] of all)
    assert.match(html, /<link rel="icon" type="image\/svg\+xml" href="(?:\.\.\/)*assets\/favicon\.svg">/, file)
})

test('every chapter is in the contents of every chapter, with the one that is shown', () => {
  const html = pages().get('cookbook.html')!
  const contents = /<nav class="contents".*?<\/nav>/s.exec(html)![0]
  for (const chapter of ['tutorial.html', 'jobs.html', 'when-not-to-use-it.html', 'playground.html']) {
    assert.ok(contents.includes(`href="${chapter}"`), chapter)
  }
  assert.match(contents, /href="cookbook\.html" aria-current="page"/)
})

test('each program in TypeScript has its JavaScript beside it', async () => {
  const all = pages()
  const tabs =
    /<div class="tabs"><div class="languages" role="tablist"><button[^>]*data-choose="js"[^>]*>JavaScript<\/button><button[^>]*data-choose="ts"[^>]*>TypeScript<\/button><\/div>/g
  for (const { path, text } of await readPages()) {
    const file = path.replace(/^docs\//, '').replace(/\.md$/, '.html')
    if (!path.startsWith('docs/') || !all.has(file)) continue
    const blocks = programsOf({ path, text })
      .filter(({ language }) => language === 'ts')
      .flatMap((program) => program.blocks)
    // Decorators, and properties declared by parameters, are TypeScript's alone.
    const inBoth = blocks.filter((block) => !/^\s*@\w+\(|constructor\(private/m.test(block))
    assert.equal(all.get(file)!.match(tabs)?.length ?? 0, inBoth.length, path)
  }
})

test('the page says that using needs a newer Node, where the JavaScript has it', () => {
  assert.match(pages().get('cookbook.html')!, /<p class="note"><code>using<\/code> needs Node 24 or newer\.<\/p>/)
})

const serve = (...args: string[]): ReturnType<typeof startProgram> =>
  startProgram([join(root, 'scripts', 'docs', 'serve.js'), ...args])

test('docs:serve prints its address and serves the site; Ctrl-C ends it', async () => {
  const { child, printed, ended } = serve('--port', '0', site.folder)
  let text = ''
  child.stdout!.on('data', (chunk: string) => (text += chunk))
  await printed('Ctrl-C')
  const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(text)!
  const front = await fetch(url)
  assert.equal(front.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.match(await front.text(), /<h1 id="gvent">/)
  assert.equal((await fetch(`${url}errors/`)).status, 200)
  assert.equal((await fetch(`${url}nowhere.html`)).status, 404)
  child.kill('SIGINT')
  const { stderr } = await ended
  assert.equal(stderr, '')
})

test('a port that is taken, a folder that is not there and an option that is unknown are one line each', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const endings = await Promise.all(
    [['--port', String(port), site.folder], [join(site.folder, 'nowhere')], ['--port', '99999'], ['--prot', '1']].map(
      (args) => serve(...args).ended,
    ),
  )
  taken.close()
  assert.deepEqual(
    endings.map(({ code, stdout }) => [code, stdout]),
    Array(4).fill([1, '']),
  )
  for (const { stderr } of endings) assert.match(stderr, /^[^\n]+\n$/)
  assert.equal(endings[0]!.stderr, `port ${port} is taken: npm run docs:serve -- --port ${port + 1}\n`)
  assert.match(endings[1]!.stderr, /npm run docs builds it/)
})
