/**
 * Releases the version of package.json: `npm run release [-- --publish]`.
 *
 * It checks the tree, the changelog and the package, and shows what would be published. Only `--publish` publishes, with a provenance
 * statement, for which npm has to run in a CI that vouches for the build.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({ options: { publish: { type: 'boolean', default: false } } })
const { version } = JSON.parse(read('package.json'))

const problems = [...checkTree(), ...checkChangelog()]
for (const problem of problems) console.error(`✖ ${problem}`)
if (problems.length > 0 && values.publish) process.exit(1)

run('npm', ['ci'])
run('npm', ['test'])
const options = values.publish ? ['--provenance'] : ['--dry-run']
run('npm', ['publish', '--access', 'public', ...options])
if (values.publish) run('git', ['tag', '--annotate', `v${version}`, '--message', `gvent ${version}`])
else console.log(`This was a dry run of gvent ${version}: npm run release -- --publish publishes it.`)
process.exit(problems.length === 0 ? 0 : 1)

function checkTree() {
  const changes = output('git', ['status', '--porcelain'])
  const tag = output('git', ['tag', '--list', `v${version}`])
  return [
    ...(changes === '' ? [] : [`the tree is not clean:\n${changes}`]),
    ...(tag === '' ? [] : [`there is a tag v${version} already: raise the version in package.json`]),
  ]
}

function checkChangelog() {
  const [, heading] = /^## (.*)$/m.exec(read('CHANGELOG.md'))
  if (new RegExp(`^${version.replaceAll('.', '\\.')} \\(\\d{4}-\\d{2}-\\d{2}\\)$`).test(heading)) return []
  return [`CHANGELOG.md begins with "${heading}": write "${version} (year-month-day)"`]
}

function read(file) {
  return readFileSync(`${root}/${file}`, 'utf8')
}

function output(command, args) {
  return spawnSync(command, args, { cwd: root, encoding: 'utf8' }).stdout.trimEnd()
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) {
    console.error(`✖ ${command} ${args.join(' ')} ended with ${status}`)
    process.exit(1)
  }
}
