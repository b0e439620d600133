#!/usr/bin/env node
import { run } from 'gvent'
import { UsageError, help, name, parseOptions } from './options.js'
import { OutputLost } from './output-lost.js'
import { SourceError } from './sources.js'
import { fetchAll } from './tool.js'

const args = process.argv.slice(2)
try {
  const options = parseOptions(args)
  if (options.help) process.stdout.write(help)
  else {
    // The demonstration patches the platform, which the tool can do without.
    const program = args.length === 0 ? (await import('./demo.js')).demo : fetchAll
    const status: unknown = await run(program, options)
    // After Ctrl-C there is no number, and the exit status is set.
    if (typeof status === 'number') process.exitCode ??= status
  }
} catch (error) {
  if (error instanceof UsageError || error instanceof SourceError) {
    process.stderr.write(`${name}: ${error.message}\n${name} --help says what can be written.\n`)
    process.exitCode = 2
  } else if (!(error instanceof OutputLost)) throw error
  else if (error.code !== 'EPIPE') {
    process.stderr.write(`${name}: ${error.message}\n`)
    process.exitCode = 1
  }
}
