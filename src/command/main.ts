#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { explain, listErrors } from './explain.js'

const help = `Usage: gvent <command>

  gvent fetch [options] [URL...]   fetch many pages at once; gvent fetch --help
  gvent explain [ERROR]            what an error means, and the way out: its code, or its class
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
  case 'explain':
    printExplanation(process.argv[3])
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

function printExplanation(error: string | undefined): void {
  const text = error === undefined ? `gvent explain ERROR, with one of\n\n${listErrors()}` : explain(error)
  if (text !== undefined) {
    process.stdout.write(text)
    return
  }
  process.stderr.write(`gvent: there is no error ${JSON.stringify(error)}\ngvent explain lists those that there are.\n`)
  process.exitCode = 2
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
