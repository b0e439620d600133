import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { root } from './consumer.js'

const page = await readFile(join(root, 'docs', 'linting.md'), 'utf8')
const configurations = Array.from(page.matchAll(/```js\n(\/\/ eslint\.config\.js\n[^]*?)```/g), ([, text]) => text!)

/** A project of a user that has these packages, with files; gives what `eslint .` says of each line, by rule. */
async function lintProject(context: TestContext, packages: readonly string[], files: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'gvent-project-'))
  context.after(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'node_modules'))
  await symlink(root, join(folder, 'node_modules', 'gvent'))
  for (const name of packages) await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const eslint = join(folder, 'node_modules', 'eslint', 'bin', 'eslint.js')
  const command = promisify(execFile)(process.execPath, [eslint, '--format', 'json', '.'], { cwd: folder })
  const { stdout } = await command.catch((error: unknown) => error as { stdout: string; stderr: string })
  const results = JSON.parse(stdout) as {
    filePath: string
    messages: { line: number; ruleId: string | null; message: string }[]
  }[]
  return results.flatMap(({ filePath, messages }) =>
    messages.map(
      ({ line, ruleId, message }) => `${filePath.slice(folder.length + 1)}:${String(line)} ${ruleId ?? message}`,
    ),
  )
}

const store = `import { sleep } from 'gvent'
export function* save() {
  yield* sleep(1)
}
`
const main = `import { Queue, run, spawn } from 'gvent'
import { save } from './store.js'

const queue = new Queue()
await run(function* () {
  queue.put(1)
  save()
  setTimeout(save, 10)
  spawn(async function* () { yield 1 })
  try { yield* save() } catch {}
  yield* queue.get()
})
`
const wanted = [
  '6 gvent/no-forgotten-waits',
  '7 gvent/no-forgotten-waits',
  '8 gvent/no-generator-callbacks',
  '9 gvent/no-async-generators',
  '10 gvent/no-swallowed-kills',
]

test('the configuration of the guide lints a fresh project in JavaScript', async (context) => {
  const messages = await lintProject(context, ['eslint'], {
    'package.json': '{ "type": "module" }',
    'eslint.config.js': configurations[0]!,
    'store.js': store,
    'main.js': main,
  })
  assert.deepEqual(
    messages,
    wanted.map((text) => `main.js:${text}`),
  )
})

test('the configuration of the guide lints a fresh project in TypeScript, and its JavaScript beside', async (context) => {
  const messages = await lintProject(context, ['eslint', 'typescript', 'typescript-eslint', '@types'], {
    'package.json': '{ "type": "module" }',
    'tsconfig.json':
      '{ "compilerOptions": { "strict": true, "module": "nodenext", "target": "es2022", "types": ["node"] } }',
    'eslint.config.js': configurations[1]!,
    'store.ts': store,
    'main.ts': main.replace('new Queue()', 'new Queue<number>()'),
    'script.js': main,
  })
  assert.deepEqual(messages, [...wanted.map((text) => `main.ts:${text}`), ...wanted.map((text) => `script.js:${text}`)])
})
