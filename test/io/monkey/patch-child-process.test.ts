import assert from 'node:assert/strict'
import { ChildProcess, execFile, spawn as spawnProcess } from 'node:child_process'
import { after } from 'node:test'
import { patchChildProcess, patchNet, patchStreams, unpatchAll } from 'gvent/monkey'
import { greenTest, raised, start } from '../green-test.js'

patchNet()
patchStreams()
patchChildProcess()
after(unpatchAll)
const stdio = ['pipe', 'pipe', 'inherit'] as ['pipe', 'pipe', 'inherit']

greenTest('a greenlet waits for a process, and talks with it', function* () {
  const child = spawnProcess(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)'], { stdio })
  assert.equal(Object.getPrototypeOf(child), ChildProcess.prototype)
  yield* child.stdin.sendAll('hello')
  assert.equal(String(yield* child.stdout.recv()), 'hello')
  child.stdin.end()
  assert.deepEqual(yield* child, { code: 0, signal: null })
  assert.deepEqual(yield* child, { code: 0, signal: null })
  assert.equal(yield* child.stdout.recv(), null)
})

greenTest('the status comes as it is, of execFile too; what cannot be started raises', function* () {
  const child = execFile(process.execPath, ['-e', 'process.exitCode = 3'], () => undefined)
  assert.deepEqual(yield* child, { code: 3, signal: null })
  const waiting = start(function* () {
    yield* spawnProcess('no-such-program')
  })
  assert.equal(((yield* raised(waiting)) as NodeJS.ErrnoException).code, 'ENOENT')
})

greenTest('a killed greenlet takes the process along', function* () {
  const child = spawnProcess(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], { stdio })
  const waiting = start(function* () {
    yield* child
  })
  yield* child.stdout.recv()
  yield* waiting.kill()
  assert.deepEqual(yield* child, { code: null, signal: 'SIGTERM' })
  child.stdout.destroy()
})
