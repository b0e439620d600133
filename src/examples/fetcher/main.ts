#!/usr/bin/env node
import { run } from 'gvent'
import { demo } from './demo.js'

const [argument] = process.argv.slice(2)
const help = 'This demonstration has no options. To fetch URLs of your own: npx gvent fetch --help\n'

if (argument === '--help' || argument === '-h') process.stdout.write(help)
else if (argument !== undefined) {
  process.stderr.write(help)
  process.exitCode = 2
} else {
  // Nobody reads the results any more: there is nothing left to do.
  process.stdout.on('error', () => process.exit())
  await run(demo)
}
