import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './pages.js'

const text = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8')

test('the files that the page for contributors names are there', () => {
  const named = Array.from(text.matchAll(/`((?:src|test|docs)\/[\w./-]+|[a-z]+\/[\w-]+\.ts)`/g), ([, path]) => path!)
  const missing = named.filter(
    (path) => !existsSync(join(root, path)) && !existsSync(join(root, 'src/scheduler', path)),
  )
  assert.deepEqual(missing, [])
})

test('each guided tour leads through several files', () => {
  const tours = text.slice(text.indexOf('## Three guided tours'), text.indexOf('## Words')).split(/^\*\*/m).slice(1)
  assert.deepEqual(
    tours.map((tour) => tour.slice(0, tour.indexOf('**'))),
    ['Follow one permit', 'Follow one URL', 'Follow one byte'],
  )
  for (const tour of tours) assert.ok(new Set(tour.match(/src\/[\w./-]+\.ts/g)).size >= 5, tour)
})
