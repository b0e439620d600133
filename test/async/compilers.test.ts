import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { transformSync } from '@babel/core'
import ts from 'typescript'
import { node, project } from './project.js'

const PROGRAM = `import { greenletOf } from 'gvent/async/runtime'
const never = new Promise(() => {})
class A {
  async method() {
    try { await never } finally { await null; console.log('cleaned up') }
  }
}
async function* generator() { yield await 1; yield* [2] }
async function main() {
  for await (const x of generator()) console.log(x)
  await new A().method()
}
const promise = main()
setImmediate(async () => {
  await greenletOf(promise).kill()
  console.log(await promise.catch((error) => error.name))
})
`
const EXPECTED = '1\n2\ncleaned up\nKilledError\n'

test('TypeScript compiles for gvent by its options, with an alias of tslib', async () => {
  const folder = project({ 'package.json': '{ "type": "module" }' }, ['tslib'])
  const compilerOptions = { target: ts.ScriptTarget.ES2016, module: ts.ModuleKind.ESNext, importHelpers: true }
  const { outputText } = ts.transpileModule(PROGRAM, { compilerOptions })
  assert.match(outputText, /from "tslib"/)
  // An alias, as a bundler's, or one of "imports".
  writeFileSync(join(folder, 'app.js'), outputText.replace('"tslib"', '"./helpers.js"'))
  const chapter = readFileSync(new URL('../../../docs/async.md', import.meta.url), 'utf8')
  writeFileSync(join(folder, 'helpers.js'), /export \* from 'tslib[^`]*/.exec(chapter)![0])
  const { stdout, stderr } = await node(folder, ['app.js'])
  assert.equal(stdout, EXPECTED, stderr)
})

test('Babel compiles for gvent by the options of its plugin', async () => {
  const folder = project({ 'package.json': '{ "type": "module" }' }, [])
  // The plugin is for async functions, and leaves generators to another one.
  const program = PROGRAM.replace(/async function\* .*\n/, '').replace(/ {2}for await .*\n/, '')
  const { code } = transformSync(program, {
    configFile: false,
    babelrc: false,
    plugins: [
      ['@babel/plugin-transform-async-to-generator', { module: 'gvent/async/runtime', method: 'asyncToGenerator' }],
    ],
  })!
  assert.match(code!, /asyncToGenerator as \w+ } from 'gvent\/async\/runtime'/)
  writeFileSync(join(folder, 'app.js'), code!)
  const { stdout, stderr } = await node(folder, ['app.js'])
  assert.equal(stdout, EXPECTED.slice('1\n2\n'.length), stderr)
})
