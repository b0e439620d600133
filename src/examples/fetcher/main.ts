#!/usr/bin/env node
import { run } from 'gvent'
import { demo } from './demo.js'
import { UsageError, help, parseOptions } from './options.js'
import { SourceError } from './sources.js'
import { OutputLost, fetchAll } from './tool.js'

const args = process.argv.slice(2)
try {
  const options = parseOptions(args)
  if (options.help) process.stdout.write(help)
  else {
    const status: unknown = await run(args.length === 0 ? demo : fetchAll, options)
    // After Ctrl-C there is no number, and the exit status is set.
    if (typeof status === 'number') process.exitCode ??= status
  }
} catch (error) {
  if (error instanceof UsageError || error instanceof SourceError) {
    process.stderr.write(`fetcher: ${error.message}\nfetcher --help says what can be written.\n`)
    process.exitCode = 2
  } else if (!(error instanceof OutputLost)) throw error
  else if (error.code !== 'EPIPE') {
    process.stderr.write(`fetcher: ${error.message}\n`)
    process.exitCode = 1
  }
}
