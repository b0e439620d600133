import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startProgram } from '../io/program.js'
import { root } from './pages.js'

test('the pictures of how it works are traces of the programs above them; npm run pictures draws them anew', async () => {
  const { code, stderr } = await startProgram([join(root, 'scripts', 'docs', 'pictures.js'), '--check']).ended
  assert.deepEqual([stderr, code], ['', 0])
})

test('each picture has light and dark colours, a title, and a lane for each greenlet of its program', async () => {
  const lanes = {
    bell: ['hub', 'main', 'cook', 'guest'],
    lock: ['hub', 'main', 'alice', 'bob'],
    kill: ['hub', 'main', 'download'],
  }
  for (const [name, expected] of Object.entries(lanes)) {
    const svg = await readFile(join(root, 'docs', 'pictures', `${name}.svg`), 'utf8')
    assert.deepEqual(
      Array.from(svg.matchAll(/<text class="name"[^>]*>(\w+)</g), ([, lane]) => lane),
      expected,
    )
    assert.match(svg, /<title>Who runs when: .+<\/title>/)
    assert.match(svg, /@media \(prefers-color-scheme: dark\)/)
  }
  assert.match(await readFile(join(root, 'docs', 'pictures', 'kill.svg'), 'utf8'), />killed</)
})
