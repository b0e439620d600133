import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './consumer.js'

type Target = string | { readonly [condition: string]: Target }

interface Manifest {
  readonly exports: Record<string, Target>
  readonly sideEffects: string[]
  readonly dependencies?: object
  readonly peerDependencies?: object
  readonly peerDependenciesMeta?: Record<string, { readonly optional?: boolean }>
  readonly optionalDependencies?: object
}

const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest

/** Where an entry's source would be, for each that the package has or will have. */
const entries: Record<string, string> = {
  '.': 'src/index.ts',
  './scheduler': 'src/scheduler/index.ts',
  './streams': 'src/scheduler/streams/index.ts',
  './io': 'src/io/index.ts',
  './monkey': 'src/io/monkey/index.ts',
  './monkey/all': 'src/io/monkey/all.ts',
  './register': 'src/io/monkey/register.ts',
  './testing': 'src/testing/index.ts',
  './async': 'src/async/index.ts',
  './async/jest': 'src/async/jest.ts',
  './async/lower': 'src/async/lowering/lower.ts',
  './async/plugin': 'src/async/plugin.ts',
  './async/runtime': 'src/async/runtime.ts',
  './async/runtime/babel': 'src/async/helpers/babel.ts',
  './async/runtime/esbuild': 'src/async/helpers/esbuild.ts',
  './async/runtime/lowered': 'src/async/lowering/runtime.ts',
  './async/runtime/oxc': 'src/async/helpers/oxc.ts',
  './async/runtime/swc': 'src/async/helpers/swc.ts',
  './async/runtime/tslib': 'src/async/helpers/tslib.ts',
  './eslint': 'src/eslint/index.ts',
  './console': 'src/console/index.ts',
  './jobs': 'src/jobs/index.ts',
}

test('the package has no runtime dependency', () => {
  assert.equal(manifest.dependencies, undefined)
  assert.equal(manifest.optionalDependencies, undefined)
})

test('packages that it works with are those of the program, which need not have them', () => {
  const { peerDependencies = {}, peerDependenciesMeta = {} } = manifest
  for (const name in peerDependencies) assert.equal(peerDependenciesMeta[name]?.optional, true, name)
})

test('the package exports each entry that has a source, and nothing else', () => {
  const present = Object.keys(entries).filter((entry) => existsSync(join(root, entries[entry]!)))
  assert.deepEqual(Object.keys(manifest.exports).sort(), [...present, './package.json'].sort())
})

test('every file that the manifest names is built', () => {
  const named = [...Object.values(manifest.exports).flatMap(filesOf), ...manifest.sideEffects]
  assert.deepEqual(
    named.filter((file) => !existsSync(join(root, file.replace('/*.js', '')))),
    [],
  )
})

test('bundlers get the modules of each entry, before the bundle that Node gets', () => {
  for (const [entry, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string' || target['node'] === undefined) continue
    const conditions = Object.keys(target)
    assert.ok(conditions.includes('module'), `${entry} has no condition "module"`)
    assert.ok(conditions.indexOf('module') < conditions.indexOf('node'), entry)
  }
})

function filesOf(target: Target): string[] {
  return typeof target === 'string' ? [target] : Object.values(target).flatMap(filesOf)
}
