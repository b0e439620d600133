import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startProgram } from '../io/program.js'
import { headingsOf, programsOf, root } from './pages.js'

const folder = join(root, 'docs', 'errors')
const explained = (await readdir(folder))
  .filter((file) => file.startsWith('GVENT_'))
  .map((file) => file.replace(/\.md$/, ''))
  .sort()

async function codesInSource(): Promise<string[]> {
  const files = (await readdir(join(root, 'src'), { recursive: true })).filter((file) => file.endsWith('.ts'))
  const texts = await Promise.all(files.map((file) => readFile(join(root, 'src', file), 'utf8')))
  return Array.from(new Set(texts.flatMap((text) => text.match(/(?<=')GVENT_[A-Z_]+(?=')/g) ?? []))).sort()
}

test('every code of an error has a page, and every page a code', async () => {
  assert.deepEqual(explained, await codesInSource())
})

test('the list of errors has all of them', async () => {
  const list = await readFile(join(folder, 'README.md'), 'utf8')
  assert.deepEqual(
    Array.from(list.matchAll(/^\| \[`(\w+)`\]\(\1\.md\) +\| \S/gm), ([, code]) => code),
    explained,
  )
})

for (const code of explained) {
  test(`the page of ${code} says what happened, why, and the way out by a program`, async () => {
    const path = join('docs', 'errors', `${code}.md`)
    const text = await readFile(join(root, path), 'utf8')
    assert.deepEqual(
      headingsOf(text).map(({ title }) => title),
      [code, 'What happened', 'Usual causes', 'The way out'],
    )
    assert.equal(programsOf({ path, text }).length, 1)
  })
}

async function command(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return startProgram([join(root, 'dist', 'command', 'main.js'), ...args]).ended
}

test('gvent explain prints the page of a code, and of the class of an error', async () => {
  const { stdout } = await command('explain', 'GVENT_TIMEOUT')
  assert.match(stdout, /^# GVENT_TIMEOUT\n/)
  assert.doesNotMatch(stdout, /\]\(/)
  for (const name of ['Timeout', 'timeout', 'TimeoutExpired']) {
    assert.equal((await command('explain', name)).stdout, stdout)
  }
})

test('gvent explain alone lists the errors, and says so when there is none of that name', async () => {
  const { stdout } = await command('explain')
  assert.deepEqual(stdout.match(/GVENT_\w+/g), explained)
  const { stderr, code } = await command('explain', 'Nonsense')
  assert.match(stderr, /there is no error "Nonsense"/)
  assert.equal(code, 2)
})

test('an error of use leads to its page wherever Node prints it', async () => {
  const source = `import { spawn } from 'gvent'\nawait spawn(function* () { yield 42 })`
  const { stderr } = await startProgram(source).ended
  assert.match(stderr, /help: 'npx gvent explain GVENT_BAD_YIELD'/)
})

test('the report of an error that nobody observed leads to its page', async () => {
  const { stderr } = await startProgram(`import { Queue, spawn } from 'gvent'
    spawn(() => new Queue().get({ timeout: 1 }))`).ended
  assert.match(stderr, /^ {2}help: npx gvent explain GVENT_TIMEOUT$/m)
})
