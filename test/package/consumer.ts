import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** The folder of the project itself. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))

/** A project of a user: an empty folder into which the packed package has been installed. */
export interface Consumer {
  /** The project's folder. */
  readonly folder: string
  /** The packed package. */
  readonly tarball: string
  /** Where the package is installed. */
  readonly installed: string
  /** Writes files of the project, by their path in it. */
  write(files: Record<string, string>): Promise<void>
  /** Runs Node in the project and gives what it printed; raises with its output if it fails. */
  node(...args: string[]): Promise<string>
  /** Runs a command that an installed package brings, without any registry. */
  npx(...args: string[]): Promise<string>
  /** Runs a tool of the repository (a script of a package in node_modules) in the project. */
  tool(script: string, ...args: string[]): Promise<string>
  remove(): Promise<void>
}

/** Packs what is built, as `npm publish` would, and installs it without any registry: the package needs none. */
export async function createConsumer(): Promise<Consumer> {
  const folder = await mkdtemp(join(tmpdir(), 'gvent-consumer-'))
  await run(root, 'npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder)
  const [name] = (await readdir(folder)).filter((file) => file.endsWith('.tgz'))
  if (name === undefined) throw new Error(`npm pack left no tarball in ${folder}`)
  const tarball = join(folder, name)

  const write = async (files: Record<string, string>): Promise<void> => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
  }
  await write({ 'package.json': JSON.stringify({ name: 'consumer', private: true, type: 'module' }) })
  await run(folder, 'npm', 'install', '--offline', '--silent', '--no-audit', '--no-fund', tarball)

  return {
    folder,
    tarball,
    installed: join(folder, 'node_modules', 'gvent'),
    write,
    node: (...args) => run(folder, process.execPath, ...args),
    npx: (...args) => run(folder, 'npx', '--offline', '--no-install', ...args),
    tool: (script, ...args) => run(folder, process.execPath, join(root, 'node_modules', script), ...args),
    remove: () => rm(folder, { recursive: true }),
  }
}

async function run(folder: string, program: string, ...args: string[]): Promise<string> {
  // The test runner's own settings would make a Node below it report as a test.
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
  try {
    const { stdout } = await execute(program, args, { cwd: folder, env, maxBuffer: 1 << 24 })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error })
  }
}
