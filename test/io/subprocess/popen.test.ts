import assert from 'node:assert/strict'
import { ConcurrentUseError, ConnectionResetError, sleep, spawn, subprocess, wait } from 'gvent'
import { greenTest, raised, start, turns } from '../green-test.js'
import { gone, isRunning, noChildren, children } from './processes.js'

const { Popen, TimeoutExpired } = subprocess
const family = ['sh', '-c', 'sleep 1000 & echo $!; exec sleep 1000']

greenTest('stdin, stdout and stderr are sockets', function* () {
  using sort = new Popen(['sh', '-c', 'echo ready >&2; exec sort'])
  assert.equal(yield* sort.stderr!.readLine(), 'ready')
  yield* sort.stdin!.sendAll('b\na\n')
  yield* sort.stdin!.shutdown()
  assert.deepEqual([yield* sort.stdout!.readLine(), yield* sort.stdout!.readLine()], ['a', 'b'])
  assert.equal(yield* sort.stdout!.recv(), null)
  assert.equal(yield* sort.wait(), 0)
})

greenTest('poll and wait', function* () {
  using process = new Popen(['cat'])
  assert.equal(process.poll(), null)
  assert.equal(yield* process.wait({ timeout: 1 }), undefined)
  const waiting = [start(() => process.wait()), start(() => process.wait())]
  yield* sleep(0)
  process.stdin!.shutdown()
  for (const greenlet of waiting) assert.equal(yield* greenlet, 0)
  assert.deepEqual([process.poll(), process.exitCode, process.signal], [0, 0, null])
  assert.equal((yield* wait([process])).length, 1)
})

greenTest('what is left in a pipe can be read when the process has ended', function* () {
  using process = new Popen(['echo', 'hello'])
  yield* process.wait()
  yield* turns()
  assert.equal(yield* process.stdout!.readLine(), 'hello')
  assert.equal(yield* process.stdout!.recv(), null)
})

greenTest(
  'the pipes of one that has ended do not stay open, whether or not somebody has read what was in them',
  function* () {
    const processes = ['true', 'echo hello', 'head -c 150000 /dev/zero'].map((line) => new Popen(line, { shell: true }))
    for (const process of processes) yield* process.wait({ timeout: 20 })
    // The last one may have to wait until somebody reads.
    const [silent, , last] = processes as [subprocess.Popen, subprocess.Popen, subprocess.Popen]
    for (let size = 0; size < 150_000;) size += (yield* last.stdout!.recv())!.length
    assert.equal(yield* silent.stdout!.recv(), null)
  },
)

greenTest('a process whose output nobody reads stands still', function* () {
  using process = new Popen(['yes'])
  yield* sleep(50)
  assert.ok(process.stdout!.node.bytesRead < 500_000)
  assert.equal(process.poll(), null)
  yield* process.kill()
  assert.equal(process.signal, 'SIGKILL')
})

greenTest('kill, terminate and sendSignal reach the whole family', function* () {
  for (const end of [
    (process: subprocess.Popen) => process.kill(),
    (process: subprocess.Popen) => process.terminate(),
  ]) {
    using process = new Popen(family)
    const descendant = Number(yield* process.stdout!.readLine())
    assert.ok((yield* end(process)) < 0)
    yield* gone(descendant)
    assert.equal(process.sendSignal('SIGKILL'), false)
  }
})

greenTest('communicate goes on where one that ran out of time has stopped, and loses nothing', function* () {
  const script = 'trap "echo two; exit" USR1; echo one; while :; do sleep 0.01; done'
  using process = new Popen(['sh', '-c', script], { text: true })
  let printed = ''
  while (printed === '') {
    const error = yield* raised(process.communicate({ timeout: 10 }))
    assert.ok(error instanceof TimeoutExpired)
    printed = error.stdout.toString()
  }
  assert.equal(printed, 'one\n')
  globalThis.process.kill(process.pid, 'SIGUSR1')
  const output = yield* process.communicate()
  assert.equal(output.stdout, 'one\ntwo\n')
  const [stdout, stderr] = yield* process.communicate()
  assert.deepEqual([stdout, stderr], ['one\ntwo\n', ''])
})

greenTest('input is sent on although the call that began it was given up', function* () {
  const input = Buffer.alloc(2_000_000, 'y')
  using process = new Popen(['sh', '-c', 'read go < /dev/null; sleep 0.2; wc -c'], { text: true })
  assert.ok((yield* raised(process.communicate({ input, timeout: 20 }))) instanceof TimeoutExpired)
  assert.equal((yield* process.communicate()).stdout.trim(), '2000000')
})

greenTest('communicate while somebody reads is refused, and the reader goes on', function* () {
  using process = new Popen(['cat'])
  const reader = start(() => process.stdout!.readLine())
  yield* sleep(0)
  assert.ok((yield* raised(process.communicate({ input: 'line\n' }))) instanceof ConcurrentUseError)
  assert.equal(yield* reader, 'line')
})

greenTest('a process that ends breaks the pipe of who writes to it', function* () {
  using process = new Popen(['sh', '-c', 'sleep 0.05'])
  const error = yield* raised(process.stdin!.sendAll(Buffer.alloc(5_000_000)))
  assert.ok(error instanceof ConnectionResetError)
  assert.equal(error.code, 'EPIPE')
  assert.ok((yield* raised(process.stdin!.sendAll('more'))) instanceof ConnectionResetError)
})

greenTest('streams that are no pipes are null, and their output is empty', function* () {
  using process = new Popen(['echo'], { stdin: subprocess.DEVNULL, stdout: subprocess.DEVNULL, stderr: 2 })
  assert.deepEqual([process.stdin, process.stdout, process.stderr], [null, null, null])
  assert.deepEqual(Array.from(yield* process.communicate()), [Buffer.alloc(0), Buffer.alloc(0)])
})

greenTest('it ends with the greenlet that made it, when that is killed or fails', function* () {
  const pids: number[] = []
  const make = function* () {
    const process = new Popen(family)
    pids.push(process.pid, Number(yield* process.stdout!.readLine()))
    return process
  }
  const killed = start(function* () {
    yield* make()
    yield* sleep(Infinity)
  })
  while (pids.length < 2) yield* sleep(1)
  yield* killed.kill()
  const failed = start(function* () {
    yield* make()
    throw new Error('failed')
  })
  yield* failed.join()
  for (const pid of pids) yield* gone(pid)
  assert.equal(pids.length, 4)
  yield* noChildren()
})

greenTest('it lives on when the greenlet that made it returns, and when it is detached', function* () {
  const process = yield* spawn(() => new Popen(['cat']))
  yield* turns()
  assert.equal(process.poll(), null)
  yield* process.close()
  let detached: subprocess.Popen | undefined
  const greenlet = start(function* () {
    detached = new Popen(['cat'], { detached: true })
    yield* sleep(Infinity)
  })
  yield* sleep(0)
  yield* greenlet.kill()
  yield* turns()
  assert.equal(detached!.poll(), null)
  yield* detached!.close()
})

greenTest('close ends it and waits until nothing of it is left', function* () {
  const process = new Popen(family)
  const descendant = Number(yield* process.stdout!.readLine())
  yield* process.close()
  yield* process.close()
  assert.equal(process.signal, 'SIGKILL')
  assert.equal(isRunning(process.pid), false)
  yield* gone(descendant)
  assert.deepEqual(children(), [])
})

greenTest('close after a polite end takes the descendants along that ignored it', function* () {
  const family = ['sh', '-c', `sh -c 'trap "" TERM; echo $$; exec sleep 1000' & exec sleep 1000`]
  const process = new Popen(family, { killSignal: 'SIGTERM' })
  const descendant = Number(yield* process.stdout!.readLine())
  yield* process.close()
  assert.equal(process.signal, 'SIGTERM')
  yield* gone(descendant)
})

greenTest('a greenlet that is killed in any of its waits leaves nothing behind', function* () {
  const waits: ((process: subprocess.Popen) => unknown)[] = [
    (process) => process.wait(),
    (process) => process.communicate(),
    (process) => process.communicate({ input: Buffer.alloc(5_000_000) }),
    (process) => process.stdout!.recv(),
    (process) => process.stdin!.sendAll(Buffer.alloc(5_000_000)),
    (process) => process.kill('SIGCONT'),
  ]
  for (const work of waits) {
    const greenlet = start(function* () {
      const process = new Popen(['sleep', '1000'])
      yield work(process)
    })
    yield* sleep(5)
    yield* greenlet.kill()
  }
  yield* noChildren()
})
