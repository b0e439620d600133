import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startProgram } from '../io/program.js'
import { root } from './pages.js'

async function api(option: string): Promise<string> {
  const { code, stdout, stderr } = await startProgram([join(root, 'scripts', 'api.js'), option]).ended
  assert.deepEqual([stderr, code], ['', 0])
  return stdout
}

// At the same time: each reads all declarations, which takes seconds.
const [complaints, surface] = [api('--check'), api('--print')]

test('every public symbol has a doc comment, whose links lead somewhere', async () => {
  assert.equal(await complaints, '')
})

test('docs/api.txt is the public surface; npm run api writes it anew', async () => {
  assert.equal(await surface, await readFile(join(root, 'docs', 'api.txt'), 'utf8'))
})
