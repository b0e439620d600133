import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { subprocess } from 'gvent'
import { greenTest } from '../green-test.js'
import { moduleArguments } from '../program.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** Starts more than there are descriptors for, and counts those that could not be started, and what is left in the end. */
const program = `
  import { readdirSync } from 'node:fs'
  import { idle, joinAll, run, spawn, subprocess } from 'gvent'
  const count = () => readdirSync('/dev/fd').length
  function* attempt() {
    try {
      yield* subprocess.run(['cat'], { stdin: 'pipe' })
      return 'ran'
    } catch (error) {
      return error instanceof subprocess.SpawnError ? error.code : String(error)
    }
  }
  await run(function* () {
    yield* subprocess.run(['true'])
    const before = count()
    const ends = new Set()
    for (let round = 0; round < 3; round++) {
      const greenlets = Array.from({ length: 80 }, () => spawn(attempt))
      yield* joinAll(greenlets)
      for (const { value } of greenlets) ends.add(value)
      for (let turn = 0; turn < 10; turn++) yield* idle()
    }
    console.log([...ends].sort().join(' '), count() - before)
  })`

greenTest('when no descriptors are left it says so, loses none, and goes on when there are some again', function* () {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
  const node = [process.execPath, ...moduleArguments(program)]
  const command = ['sh', '-c', 'ulimit -n 150; exec "$@"', 'sh', ...node]
  const { stdout, stderr } = yield* subprocess.run(command, { cwd: root, env, text: true })
  assert.deepEqual([stdout, stderr], ['EMFILE ran 0\n', ''])
})
