import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from './consumer.js'

test('the pages and charts of the benchmarks, and the figures of the READMEs, are made of the samples that are kept', async () => {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
  const program = [join('build', 'bench', 'main.js'), '--check']
  await promisify(execFile)(process.execPath, program, { cwd: root, env })
})

for (const readme of ['README.md', 'README.zh-CN.md']) {
  test(`${readme} quotes no figure that the benchmarks do not write`, async () => {
    const text = await readFile(join(root, readme), 'utf8')
    const byHand = text.replace(/<!-- figures -->.*<!-- \/figures -->/s, '').replace(/^```.*?^```/gms, '')
    assert.deepEqual(byHand.match(/\d[\d.,]* ?(?:ns|µs|B)\b/g), null)
  })
}
