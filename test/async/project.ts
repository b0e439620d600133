import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const root = fileURLToPath(new URL('../../..', import.meta.url))
const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Makes a project of its files, with gvent and these packages of ours installed. */
export function project(files: Record<string, string>, packages: readonly string[] = ['acorn', 'typescript']): string {
  const folder = mkdtempSync(join(tmpdir(), 'gvent-project-'))
  folders.push(folder)
  mkdirSync(join(folder, 'node_modules', '@babel'), { recursive: true })
  // As if it was installed: a link would find what is installed beside the one that it leads to.
  const gvent = join(folder, 'node_modules', 'gvent')
  mkdirSync(gvent)
  for (const part of ['dist', 'package.json']) symlinkSync(join(root, part), join(gvent, part))
  for (const name of packages) {
    const manifest = require.resolve(`${name}/package.json`)
    symlinkSync(dirname(manifest), join(folder, 'node_modules', name))
  }
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs Node in a folder. */
export function node(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: folder, env: { ...process.env, NODE_OPTIONS: '', ...env } },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      },
    )
  })
}

/** Runs a file with `gvent/async`. */
export const app = (folder: string, file: string, env?: NodeJS.ProcessEnv): Promise<Ended> =>
  node(folder, ['--import', 'gvent/async', file], env)
