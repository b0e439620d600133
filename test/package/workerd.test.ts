import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startProgram } from '../io/program.js'
import { root } from './consumer.js'

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object }
/** Those that run no greenlet. */
const tools = ['./eslint', './async/jest', './async/lower', './async/plugin', './package.json']
const entries = Object.keys(exports).filter((entry) => !tools.includes(entry))

test('in workerd each entry of the package raises one error that says so', async () => {
  const source = `
    globalThis.WebSocketPair = class {}
    for (const entry of ${JSON.stringify(entries)}) {
      const outcome = await import('gvent' + entry.slice(1)).then(() => 'runs', ({ code, message }) => code + ': ' + message)
      console.log(outcome)
    }`
  const { code, stdout, stderr } = await startProgram([
    ...['--conditions=workerd', '--input-type=module', '--eval', source],
  ]).ended
  assert.equal(stderr, '')
  assert.equal(code, 0)
  const refusal = 'GVENT_PLATFORM: gvent does not run in workerd (Cloudflare Workers)'
  assert.deepEqual(stdout.trim().split('\n'), Array(entries.length).fill(refusal))
})
