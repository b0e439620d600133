import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPackages } from '../install-packages.js'
import { suites } from './suites.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Runs all suites under a test runner, and prints how each went.
 *
 * @param {string} folder where it is installed, in a folder of its own
 * @param {string} name
 * @param {object} runner one of the runners
 * @param {string} [runtime] the runtime whose runner it is, where that is installed already
 * @returns {number} how many suites went wrong
 */
export function tryRunner(folder, name, runner, runtime) {
  const home = join(folder, name.replace(':', '-'))
  mkdirSync(join(home, 'node_modules', '.bin'), { recursive: true })
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  installPackages(
    home,
    runner.packages.filter((each) => runtime === undefined || !each.startsWith(`${name}@`)),
  )
  if (runtime !== undefined) symlinkSync(runtime, join(home, 'node_modules', '.bin', name))
  symlinkSync(root, join(home, 'node_modules', 'gvent'))
  const acorn = join(home, 'node_modules', 'acorn')
  if (!existsSync(acorn)) symlinkSync(join(root, 'node_modules', 'acorn'), acorn)
  let failures = 0
  for (const [suite, options] of Object.entries(suites)) {
    if (suite === 'async' && runner.async === null) continue
    const wrong = trySuite(home, runner, suite, options)
    console.log(`${wrong === undefined ? '✔' : '✖'} ${name}: ${suite}${wrong === undefined ? '' : `: ${wrong}`}`)
    if (wrong !== undefined) failures++
  }
  return failures
}

/** What is wrong, if something is. */
function trySuite(home, runner, suite, { passes, says, others, body, setUp }) {
  const { files = {}, env: ownEnv = {} } = setUp?.(runner) ?? {}
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text)
  const file = `${suite}.test.js`
  const imports = `import { Queue, green, idle, joinAll, run, sleep, spawn } from 'gvent'\nimport { explore, simulate } from 'gvent/testing'`
  writeFileSync(join(home, file), `${runner.header}\n${imports}\n${body(runner)}\n`)
  // A runner below a runner would report as a part of it.
  const env = { ...process.env }
  for (const name of ['NODE_TEST_CONTEXT', 'NODE_OPTIONS']) delete env[name]
  Object.assign(env, ownEnv)
  const [command, ...args] = runner.command(file, (path) => join(home, 'node_modules', path))
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: home, env, encoding: 'utf8', timeout: 120_000 })
  const output = `${stdout}${stderr}`
  for (const name of Object.keys(files)) rmSync(join(home, name))
  if (passes ? status !== 0 : status === 0) return `ended with ${status}\n${output}`
  if (says !== undefined && !says.test(output)) return `does not say ${says}\n${output}`
  if (others !== undefined && !others.test(output)) return `does not run ${others}\n${output}`
  return undefined
}
