import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from './consumer.js'

async function run(...args: string[]): Promise<void> {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
  await promisify(execFile)(process.execPath, args, { cwd: root, env })
}

test('the picture of the architecture shows the imports as they are', () =>
  run(join('scripts', 'architecture.js'), '--check'))

test('the scheduler stays within its budgets of size in a browser', () => run(join('scripts', 'size.js')))

test('the index of the examples has every program, and a command that names a file that is built', async () => {
  const examples = join(root, 'src', 'examples')
  const index = await readFile(join(examples, 'README.md'), 'utf8')
  const files = (await readdir(examples, { recursive: true })).filter((file) => file.endsWith('.ts'))
  for (const file of files) {
    // A program says in its first comment how it is started; the others are parts.
    const isProgram = /^\/\*\*[^/]*\bnode [\w-]+\.js\b/.test(await readFile(join(examples, file), 'utf8'))
    if (isProgram) assert.ok(index.includes(`](${file})`), `${file} is not in the index`)
  }
  for (const [, built] of index.matchAll(/`node (dist\/\S+\.js)\b/g)) await readFile(join(root, built!))
})
