import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { Timeout, getHub, race, sleep, subprocess, withTimeout, type Coroutine, type Operation } from 'gvent'
import { greenTest, raised, start } from '../green-test.js'
import { gone, isRunning, children } from './processes.js'

const { CalledProcessError, OutputLimitError, SpawnError, TimeoutExpired } = subprocess

/** Prints its number and that of a descendant, and then lasts. */
const family = ['sh', '-c', 'sleep 1000 & echo $$ $!; exec sleep 1000']

/** What a run raises that is given a limit: one that is long enough for it to have printed something. */
function* expired<E extends { stdout: string | Buffer }>(
  run: (milliseconds: number) => Operation<unknown>,
): Coroutine<E> {
  for (let milliseconds = 50; ; milliseconds *= 2) {
    const error = (yield* raised(run(milliseconds))) as E
    if (error.stdout.length > 0) return error
  }
}

/** The numbers that `family` has printed. */
function membersOf(text: string | Buffer): number[] {
  const members = text.toString().trim().split(' ').map(Number)
  assert.equal(members.length, 2)
  return members
}

greenTest('run gives how a program ended and what it printed, as bytes', function* () {
  const result = yield* subprocess.run(['sh', '-c', 'echo out; echo err >&2; exit 7'])
  assert.deepEqual(result.stdout, Buffer.from('out\n'))
  assert.deepEqual(result.stderr, Buffer.from('err\n'))
  assert.deepEqual([result.returnCode, result.exitCode, result.signal], [7, 7, null])
})

greenTest('a program that a signal ends has a negative returnCode', function* () {
  const result = yield* subprocess.run(['sh', '-c', 'kill -TERM $$'])
  assert.deepEqual([result.returnCode, result.exitCode, result.signal], [-15, null, 'SIGTERM'])
})

greenTest('output is text with text or an encoding', function* () {
  const utf8: string = (yield* subprocess.run(['printf', 'gr\\303\\274n'], { text: true })).stdout
  assert.equal(utf8, 'grün')
  const latin1: string = (yield* subprocess.run(['printf', '\\374'], { encoding: 'latin1' })).stdout
  assert.equal(latin1, 'ü')
})

greenTest("Node's form of a call is understood too", function* () {
  assert.equal((yield* subprocess.run('echo', ['a', 'b'], { text: true })).stdout, 'a b\n')
  assert.equal((yield* subprocess.run('true')).returnCode, 0)
})

greenTest('a line for the shell, a folder, an environment', function* () {
  const options = { shell: true, cwd: tmpdir(), env: { ...process.env, COLOUR: 'green' }, text: true } as const
  const { stdout } = yield* subprocess.run('echo $COLOUR; pwd', options)
  assert.match(stdout, /^green\n.*\n$/)
})

greenTest('without input its stdin is empty', function* () {
  assert.equal((yield* subprocess.run(['cat'], { text: true })).stdout, '')
})

greenTest('input goes to its stdin, text and bytes', function* () {
  assert.equal((yield* subprocess.run(['cat'], { input: 'grün', text: true })).stdout, 'grün')
  const bytes = Buffer.alloc(3_000_000, 'x')
  assert.deepEqual((yield* subprocess.run(['cat'], { input: bytes })).stdout, bytes)
})

greenTest('a program that does not read its input is no error', function* () {
  const input = Buffer.alloc(3_000_000)
  assert.equal((yield* subprocess.run(['true'], { input })).returnCode, 0)
  const result = yield* subprocess.run(['sh', '-c', 'exec <&-; echo done'], { input, text: true })
  assert.equal(result.stdout, 'done\n')
})

greenTest('check raises an error that says how it ended, with what it printed', function* () {
  const command = ['sh', '-c', 'echo out; echo first >&2; echo last >&2; exit 3']
  const error = yield* raised(subprocess.run(command, { check: true, text: true }))
  assert.ok(error instanceof CalledProcessError)
  assert.equal(
    error.message,
    `sh -c "echo out; echo first >&2; echo last >&2; exit 3" ended with status 3:\n  first\n  last`,
  )
  assert.deepEqual(
    [error.name, error.returnCode, error.stdout, error.output],
    ['CalledProcessError', 3, 'out\n', 'out\n'],
  )
  assert.equal(error.stderr, 'first\nlast\n')
  assert.deepEqual(error.args, command)
  assert.equal((yield* subprocess.run(['true'], { check: true })).returnCode, 0)
})

greenTest('a program that is not there is an error that says so', function* () {
  const missing = yield* raised(subprocess.run(['no-such-program', 'x']))
  assert.ok(missing instanceof SpawnError)
  assert.deepEqual(
    [missing.code, missing.syscall, missing.path],
    ['ENOENT', 'spawn no-such-program', 'no-such-program'],
  )
  assert.match(missing.message, /no such program is in the PATH/)
  const line = (yield* raised(subprocess.run('ls -l'))) as Error
  assert.match(line.message, /write \["ls","-l"\], or { shell: true }/)
  const folder = (yield* raised(subprocess.run(['ls'], { cwd: '/no-such-folder' }))) as Error
  assert.match(folder.message, /there is no folder "\/no-such-folder"/)
  const file = yield* raised(subprocess.run(['/etc/passwd']))
  assert.ok(file instanceof SpawnError)
  assert.equal(file.code, 'EACCES')
  const long = yield* raised(subprocess.run(['echo', 'x'.repeat(4_000_000)]))
  assert.ok(long instanceof SpawnError)
  assert.equal(long.code, 'E2BIG')
})

greenTest('what cannot be run is refused at once', function* () {
  assert.throws(() => void subprocess.run([]), { name: 'TypeError', code: 'GVENT_BAD_ARGUMENT' })
  assert.throws(() => void subprocess.run(['sleep', 5 as never]), /arguments must be strings: write String\(5\)/)
  assert.throws(() => void subprocess.run(['ls'], 'x' as never), /expected options/)
  assert.match(String(yield* raised(subprocess.run(['cat'], { input: 5 as never }))), /expected a string or bytes/)
  assert.match(String(yield* raised(subprocess.run(['cat'], { input: 'x', stdin: 'ignore' }))), /not a pipe/)
})

greenTest('a timeout ends the whole family, and its error has what was printed until then', function* () {
  let limit = 0
  const error = yield* expired((timeout) => subprocess.run(family, { timeout: (limit = timeout), text: true }))
  assert.ok(error instanceof TimeoutExpired && error instanceof Timeout)
  assert.deepEqual([error.name, error.code, error.milliseconds], ['TimeoutExpired', 'GVENT_TIMEOUT', limit])
  for (const pid of membersOf(error.stdout)) assert.equal(isRunning(pid), false)
  assert.deepEqual(children(), [])
})

greenTest('a Timeout that was given is raised itself, and gets what was printed', function* () {
  let timeout: Timeout | undefined
  const error = yield* expired((milliseconds) => {
    timeout = new Timeout(milliseconds)
    return subprocess.run(family, { timeout, text: true })
  })
  assert.equal(error, timeout)
  for (const pid of membersOf(error.stdout)) assert.equal(isRunning(pid), false)
  const own = new Error('too slow')
  assert.equal(yield* raised(subprocess.run(family, { timeout: new Timeout(10, own) })), own)
})

greenTest('an outer Timeout and a signal that aborts end it, too', function* () {
  const outer = yield* raised(withTimeout(100, subprocess.run(family)))
  assert.ok(outer instanceof Timeout && !(outer instanceof TimeoutExpired))
  const controller = new AbortController()
  const running = start(() => subprocess.run(family, { signal: controller.signal }))
  yield* sleep(0)
  const reason = new Error('no longer wanted')
  controller.abort(reason)
  assert.equal(yield* raised(running), reason)
  assert.equal(yield* race([subprocess.run(family), sleep(10)]), undefined)
  assert.deepEqual(children(), [])
})

greenTest('what a program prints as it takes its leave is in the error, too', function* () {
  const polite = 'trap "echo bye; exit" TERM; echo hello; while :; do sleep 0.01; done'
  const options = { text: true, killSignal: 'SIGTERM' } as const
  const error = yield* expired((timeout) => subprocess.run(['sh', '-c', polite], { timeout, ...options }))
  assert.equal(error.stdout, 'hello\nbye\n')
})

greenTest('one that ignores its killSignal is ended by force when its grace is over', function* () {
  const stubborn = 'trap "" TERM; echo hello; while :; do sleep 0.01; done'
  const options = { text: true, killSignal: 'SIGTERM', grace: 50 } as const
  const error = yield* expired((timeout) => subprocess.run(['sh', '-c', stubborn], { timeout, ...options }))
  assert.equal(error.stdout, 'hello\n')
  assert.deepEqual(children(), [])
})

greenTest(
  'a descendant that has fled into another session holds nothing up, and what the family prints is all there',
  function* () {
    const scripts = {
      'it alone': 'setsid sleep 1000 & echo $!; exit 0',
      'with much to read': 'setsid sleep 1000 & echo $!; head -c 1000000 /dev/zero; exit 0',
      'a relative prints later': 'setsid sleep 1000 & echo $!; (sleep 0.2; echo late) & exit 0',
      'it prints all the time': 'setsid sh -c "while echo x >&2; do sleep 0.001; done" & echo $!; exit 0',
    }
    for (const [name, script] of Object.entries(scripts)) {
      const { stdout, returnCode } = yield* subprocess.run(['sh', '-c', script], { text: true })
      const [pid, ...rest] = stdout.split('\n')
      process.kill(Number(pid), 'SIGKILL')
      yield* gone(Number(pid))
      assert.equal(returnCode, 0)
      if (name === 'with much to read') assert.equal(rest.join('').length, 1_000_000)
      if (name === 'a relative prints later') assert.deepEqual(rest, ['late', ''])
    }
  },
)

greenTest('a killed greenlet takes the family along before it has ended', function* () {
  const greenlet = start(() => subprocess.run(family))
  yield* sleep(0)
  yield* greenlet.kill()
  assert.deepEqual(children(), [])
})

greenTest('more output than maxBuffer is an error, and ends it', function* () {
  const error = yield* raised(subprocess.run(['yes'], { maxBuffer: 100_000 }))
  assert.ok(error instanceof OutputLimitError)
  assert.match(error.message, /yes printed more than 100000 bytes on stdout/)
  assert.ok(error.stdout.length > 100_000 && error.stdout.length < 1_000_000)
})

greenTest('both streams are read at the same time', function* () {
  const both = 'head -c 1000000 /dev/zero >&2; head -c 2000000 /dev/zero'
  const { stdout, stderr } = yield* subprocess.run(['sh', '-c', both])
  assert.deepEqual([stdout.length, stderr.length], [2_000_000, 1_000_000])
})

greenTest('call, checkCall and checkOutput', function* () {
  assert.equal(yield* subprocess.call(['sh', '-c', 'exit 4']), 4)
  assert.equal(yield* subprocess.checkCall(['true']), 0)
  assert.ok((yield* raised(subprocess.checkCall(['false']))) instanceof CalledProcessError)
  const text: string = yield* subprocess.checkOutput(['echo', 'hello'], { text: true })
  assert.equal(text, 'hello\n')
  assert.ok((yield* raised(subprocess.checkOutput(['false']))) instanceof CalledProcessError)
})

greenTest('a hundred at a time leave nothing behind', function* () {
  const { alive } = getHub()
  const greenlets = Array.from({ length: 100 }, (_, number) =>
    start(() => subprocess.run(['sh', '-c', `echo ${number}`], { text: true })),
  )
  for (const [number, greenlet] of greenlets.entries()) assert.equal((yield* greenlet).stdout, `${number}\n`)
  assert.equal(getHub().alive, alive)
  assert.deepEqual(children(), [])
})
