import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const compare = fileURLToPath(new URL('compare-programs.js', import.meta.url))

test('random async programs do the same in the same order, native and lowered', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [compare, '1', '60'])
  assert.equal(stdout, 'gvent: 0 of 60 differ\nesbuild: 0 of 60 differ\nTypeScript: 0 of 60 differ\n')
})
