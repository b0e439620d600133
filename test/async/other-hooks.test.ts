import assert from 'node:assert/strict'
import { test } from 'node:test'
import { node, project } from './project.js'

const say = `console.log(String(main).startsWith('async') ? 'native' : 'lowered', main.constructor.name)\n`
const typed = `enum Side { Left = 3 }
interface Shape { readonly sides: number }
async function main(shape: Shape): Promise<number> {
  await null
  return shape.sides
}
main({ sides: Side.Left }).then((sides: number) => console.log(sides))
${say}`
const ours = ['--import', 'gvent/async']

test('with tsx, before it and after it', async () => {
  for (const [name, type] of [
    ['app.ts', 'module'],
    ['app.ts', 'commonjs'],
    ['app.mts', 'commonjs'],
    ['app.cts', 'module'],
  ] as const) {
    const folder = project({ [name]: typed, 'package.json': JSON.stringify({ type }) }, ['acorn', 'tsx', 'typescript'])
    for (const flags of [
      ['--import', 'tsx', ...ours],
      [...ours, '--import', 'tsx'],
    ]) {
      const { stdout, stderr } = await node(folder, [...flags, name])
      assert.equal(stdout, 'lowered AsyncFunction\n3\n', `${name}, ${type}, ${flags.join(' ')}: ${stderr}`)
    }
  }
})

test('with ts-node, before it and after it', async () => {
  const folder = project(
    {
      'app.ts': typed,
      'package.json': '{ "type": "commonjs" }',
      'register.mjs': "import 'ts-node/register'",
      'tsconfig.json':
        '{ "compilerOptions": { "module": "commonjs", "target": "es2022" }, "ts-node": { "transpileOnly": true } }',
    },
    ['acorn', 'ts-node', 'typescript'],
  )
  for (const flags of [
    ['--require', 'ts-node/register', ...ours],
    [...ours, '--import', './register.mjs'],
  ]) {
    const { stdout, stderr } = await node(folder, [...flags, 'app.ts'])
    assert.equal(stdout, 'lowered AsyncFunction\n3\n', `${flags.join(' ')}: ${stderr}`)
  }
})

test('with a compiler of scripts that checks types, which sees what was written', async () => {
  const folder = project(
    {
      'other.ts': 'export async function other(n: number): Promise<number> { return n }',
      'main.ts': `import { other } from './other'\n${typed}other(4).then((n) => console.log(n))`,
      'app.cjs': "require('ts-node/register'); require('./main.ts')",
      'tsconfig.json': JSON.stringify({
        compilerOptions: { module: 'commonjs', target: 'es2022', strict: true, noUnusedLocals: true, types: [] },
        'ts-node': { compilerOptions: { lib: ['es2022', 'dom'] } },
      }),
    },
    ['acorn', 'ts-node', 'typescript'],
  )
  const typesOff = (process.features as { typescript?: unknown }).typescript ? ['--no-experimental-strip-types'] : []
  for (const flags of [typesOff, []]) {
    const { stdout, stderr } = await node(folder, [...flags, ...ours, 'app.cjs'])
    assert.equal(stdout, 'lowered AsyncFunction\n4\n3\n', `${flags.join(' ')}: ${stderr}`)
  }
})

test('with the hooks of instrumentations, before them and after them', async () => {
  const files = {
    'package.json': '{ "type": "module" }',
    'esm.mjs': `import { register } from 'node:module'
import { Hook } from 'import-in-the-middle'
register('import-in-the-middle/hook.mjs', import.meta.url)
new Hook(['one'], (exports) => { exports.fn = ((fn) => async () => 'instrumented ' + (await fn()))(exports.fn) })`,
    'cjs.cjs': `const { Hook } = require('require-in-the-middle')
Hook(['two'], (exports) => ({ fn: async () => 'instrumented ' + (await exports.fn()) }))`,
    'node_modules/one/package.json': '{ "type": "module", "main": "index.js" }',
    'node_modules/one/index.js': "export async function fn() { return 'one' }",
    'node_modules/two/package.json': '{ "main": "index.js" }',
    'node_modules/two/index.js': "exports.fn = async () => 'two'",
    'app.js': `import { fn } from 'one'
import { createRequire } from 'node:module'
const two = createRequire(import.meta.url)('two')
async function main() { return [await fn(), await two.fn()].join(', ') }
${say}console.log(await main())`,
  }
  const folder = project(files, ['acorn', 'import-in-the-middle', 'require-in-the-middle'])
  const theirs = ['--import', './esm.mjs', '--require', './cjs.cjs']
  for (const flags of [
    [...theirs, ...ours],
    [...ours, ...theirs],
  ]) {
    for (const GVENT_ASYNC of ['', '*']) {
      const { stdout, stderr } = await node(folder, [...flags, 'app.js'], { GVENT_ASYNC })
      assert.equal(
        stdout,
        'lowered AsyncFunction\ninstrumented one, instrumented two\n',
        `${flags.join(' ')}: ${stderr}`,
      )
    }
  }
})
