/**
 * Checks the types that users see with the releases of TypeScript that they have: `node scripts/test-types.js [version…]`.
 *
 * Library and tests have to be built. The compilers are installed into a temporary folder.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const supported = ['5.4', '5.5', '5.6', '5.7', '5.8', '5.9', '6.0', '7.0']

const versions = process.argv.length > 2 ? process.argv.slice(2) : supported
const failed = versions.filter((version) => !passes(version))
if (failed.length > 0) {
  console.error(`failed with TypeScript ${failed.join(', ')}`)
  process.exitCode = 1
}

/** @param {string} version */
function passes(version) {
  const folder = mkdtempSync(join(tmpdir(), 'gvent-typescript-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{}')
    const install = ['install', '--no-audit', '--no-fund', '--no-save', `typescript@${version}`]
    if (spawnSync('npm', install, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0) return false
    const env = { ...process.env, GVENT_TYPESCRIPT: join(folder, 'node_modules', 'typescript') }
    const test = join(root, 'build', 'test', 'types', 'inference.test.js')
    return spawnSync(process.execPath, ['--test', test], { env, stdio: 'inherit' }).status === 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
