import { spawnSync } from 'node:child_process'

/**
 * Installs packages into the node_modules of a folder that has a package.json, which stays as it is.
 * @param {string} folder
 * @param {readonly string[]} packages as npm takes them: `vitest@4`
 * @throws Error if npm fails, after it has said why
 */
export function installPackages(folder, packages) {
  if (packages.length === 0) return
  const options = ['install', '--no-save', '--no-audit', '--no-fund', '--silent', ...packages]
  if (spawnSync('npm', options, { cwd: folder, stdio: 'inherit' }).status !== 0) {
    throw new Error(`cannot install ${packages.join(', ')}`)
  }
}
