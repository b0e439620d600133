import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { lower } from '../../dist/async/lowering/lower.js'

/**
 * Each compiler as two functions from code to code: `own` leaves it with the compiler's own helpers, `ours` with those
 * that are in `$helpers`.
 */
export async function loadCompilers(names, from) {
  const elsewhere = createRequire(join(resolve(from), 'here.js'))
  const here = createRequire(import.meta.url)
  const load = (name) => {
    try {
      return here(name)
    } catch {
      return elsewhere(name)
    }
  }
  return names.map((name) => {
    if (!Object.hasOwn(compilers, name)) throw new RangeError(`${name}: expected ${Object.keys(compilers).join(', ')}`)
    return { name, ...compilers[name](load) }
  })
}

const compilers = { gvent, esbuild, typescript, babel, swc, oxc }

// Has no helpers but gvent's: what it is compared with is the code itself.
function gvent(load) {
  const { parse } = load('acorn')
  const options = { ecmaVersion: 'latest', sourceType: 'script' }
  return {
    own: (code) => code,
    ours: (code) => lower(code, parse(code, options), { expression: '$helpers.lowered' }),
  }
}

function esbuild(load) {
  const { transformSync } = load('esbuild')
  const supported = { 'async-await': false, 'async-generator': false, 'for-await': false }
  const own = (code) => transformSync(code, { supported, logLevel: 'silent' }).code
  const names = ['__async', '__asyncGenerator', '__await', '__forAwait', '__yieldStar']
  const ours = (code) => declare(own(code), names, 'esbuild', (name) => new RegExp(`^var ${name} =`, 'm'))
  return { own, ours }
}

function typescript(load) {
  const { transpileModule, ScriptTarget, ModuleKind } = load('typescript')
  const compilerOptions = { target: ScriptTarget.ES2016, module: ModuleKind.None, alwaysStrict: false, strict: false }
  const own = (code) => transpileModule(code, { compilerOptions }).outputText
  const names = ['__awaiter', '__asyncGenerator', '__await', '__asyncDelegator', '__asyncValues']
  const ours = (code) => declare(own(code), names, 'tslib', (name) => new RegExp(`^var ${name} =`, 'm'))
  return { own, ours }
}

function babel(load) {
  const { transformSync } = load('@babel/core')
  const plugins = [
    load('@babel/plugin-transform-async-to-generator'),
    load('@babel/plugin-transform-async-generator-functions'),
  ].map((plugin) => plugin.default ?? plugin)
  const options = { configFile: false, babelrc: false, sourceType: 'script', compact: false, plugins }
  const own = (code) => transformSync(code, options).code
  const names = [
    'asyncToGenerator',
    'wrapAsyncGenerator',
    'awaitAsyncGenerator',
    'asyncGeneratorDelegate',
    'asyncIterator',
  ]
  const ours = (code) =>
    declare(
      own(code),
      names.map((name) => `_${name}`),
      'babel',
      (name) => new RegExp(`^function ${name}\\(`, 'm'),
      (name) => name.slice(1),
    )
  return { own, ours }
}

function swc(load) {
  const { transformSync } = load('@swc/core')
  const options = (externalHelpers) => ({
    isModule: false,
    env: { targets: { node: '20' }, include: ['transform-async-to-generator', 'transform-async-generator-functions'] },
    jsc: { externalHelpers },
  })
  const own = (code) => transformSync(code, options(false)).code
  const ours = (code) =>
    transformSync(code, options(true)).code.replace(
      /require\("@swc\/helpers\/_\/(\w+)"\)/g,
      (_, name) => `({ _: $helpers.swc.${name} })`,
    )
  return { own, ours }
}

function oxc(load) {
  const { transformSync } = load('oxc-transform')
  const compile = (mode) => (code) => {
    const result = transformSync('test.js', code, { target: 'es2016', sourceType: 'script', helpers: { mode } })
    if (result.code === '') throw new Error(result.errors[0]?.message)
    return result.code
  }
  const external = compile('External')
  const ours = (code) => external(code).replaceAll('babelHelpers.', '$helpers.oxc.')
  // What it has of its own is a package with Babel's helpers.
  return { own: ours, ours }
}

// The helpers that a compiler wrote into the code stay there under other names.
function declare(code, names, helpers, pattern, nameOf = (name) => name) {
  const used = names.filter((name) => pattern(name).test(code))
  if (used.length === 0) return code
  for (const name of used) {
    code = code.replace(pattern(name), (text) => text.replace(name, `$own${name}`))
  }
  const declarations = used.map((name) => `var ${name} = $helpers.${helpers}.${nameOf(name)};`).join(' ')
  return /^\s*(["'])use strict\1/.test(code) ? `"use strict"; ${declarations}\n${code}` : `${declarations}\n${code}`
}
