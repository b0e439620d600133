#!/usr/bin/env node
import { commands } from './commands.js'

const [name, ...rest] = process.argv.slice(2)
const command = commands.find((each) => each.name === name)

if (command !== undefined) {
  await command.run(rest)
} else if (name === '--version' || name === '-v') {
  process.stdout.write(`${await version()}\n`)
} else if (name === '--help' || name === '-h' || name === 'help') {
  process.stdout.write(help())
} else {
  const unknown = `gvent: there is no command ${JSON.stringify(name)}\nRun gvent --help for the list of commands.\n`
  process.stderr.write(name === undefined ? help() : unknown)
  process.exitCode = 2
}

function help(): string {
  const lines = [
    ...commands.map(({ usage, summary }) => [usage, summary] as const),
    ['--version, -v', ''] as const,
    ['--help, -h', ''] as const,
  ]
  const width = Math.max(...lines.map(([usage]) => usage.length))
  const rows = lines.map(([usage, summary]) => `  gvent ${usage.padEnd(width)}  ${summary}`.trimEnd())
  return `Usage: gvent <command>\n\n${rows.join('\n')}\n`
}

async function version(): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
