#!/usr/bin/env node
import { run } from 'gvent'
import { demo } from './demo.js'

if (process.argv.length > 2) {
  process.stderr.write('This is a demonstration without options. What fetches your own URLs: npx gvent fetch --help\n')
  process.exitCode = 2
} else {
  // Nobody reads the results any more: there is nothing left to do.
  process.stdout.on('error', () => process.exit())
  await run(demo)
}
