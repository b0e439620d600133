import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { root } from './consumer.js'

interface TestPage {
  ask(work: { number: number }, limit: number): Promise<unknown>
  answer(result: object, response: { end(text: string): void }): void
  close(): void
}
const { TestPage } = (await import(pathToFileURL(join(root, 'scripts', 'browser', 'test-page.js')).href)) as {
  TestPage: new (start: (profile: string) => ChildProcess, folder: string) => TestPage
}

const LIMIT = 600_000
const LASTS = 'setInterval(() => undefined, 1000)'
const endings = {
  'by SIGKILL': `process.kill(process.pid, 'SIGKILL'); ${LASTS}`,
  'with 3': 'process.exit(3)',
}

for (const [how, program] of Object.entries(endings))
  test(`a browser that ends ${how} fails what it was asked, and is started anew for the next`, async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'gvent-page-'))
    context.after(() => rmSync(folder, { recursive: true, force: true }))
    const programs = [program, LASTS]
    const browsers: ChildProcess[] = []
    const page = new TestPage(() => {
      const browser = spawn(process.execPath, ['-e', programs.shift()!], { detached: true, stdio: 'ignore' })
      browsers.push(browser)
      return browser
    }, folder)
    context.after(() => page.close())
    await assert.rejects(page.ask({ number: 1 }, LIMIT), new RegExp(`the browser has ended ${how}$`))

    const answered = page.ask({ number: 2 }, LIMIT)
    page.answer(
      {},
      {
        end: (text) => {
          const { number } = JSON.parse(text) as { number: number }
          page.answer({ number, results: ['passed'] }, { end: () => assert.fail('there is no more work') })
        },
      },
    )
    assert.deepEqual(await answered, ['passed'])
    assert.equal(browsers.length, 2)
  })
