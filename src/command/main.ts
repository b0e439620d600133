#!/usr/bin/env node
import { readFileSync } from 'node:fs'

const help = `Usage: gvent <command>

  gvent fetch [options] [URL...]   fetch many pages at once; gvent fetch --help
  gvent --version, -v
  gvent --help, -h
`

const command = process.argv[2]
switch (command) {
  case 'fetch':
    // The fetcher is a program of its own, which reads its own command line, and its name from there.
    process.argv.splice(1, 2, 'gvent fetch')
    await import(new URL('../examples/fetcher/main.js', import.meta.url).href)
    break
  case '--version':
  case '-v':
    process.stdout.write(`${version()}\n`)
    break
  case '--help':
  case '-h':
  case 'help':
    process.stdout.write(help)
    break
  case undefined:
    process.stderr.write(help)
    process.exitCode = 2
    break
  default:
    process.stderr.write(
      `gvent: there is no command ${JSON.stringify(command)}\ngvent --help says what can be written.\n`,
    )
    process.exitCode = 2
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
