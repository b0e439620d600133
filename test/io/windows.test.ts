import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startProgram, type Program, withoutProcesses as skip } from './program.js'

const command = fileURLToPath(new URL('../../../dist/command/main.js', import.meta.url))

/** What a system without `/proc` shows of it. */
const withoutProc = `
  import fs from 'node:fs'
  import { syncBuiltinESMExports } from 'node:module'
  const { existsSync } = fs
  fs.existsSync = (path) => !String(path).startsWith('/proc/') && existsSync(path)
  syncBuiltinESMExports()`

/** The signals that Windows can send, and its name. */
const windows = `
  Object.defineProperty(process, 'platform', { value: 'win32' })
  const { kill } = process
  process.kill = (pid, signal) => {
    if (['SIGINT', 'SIGTERM', 'SIGKILL', 'SIGQUIT', 0].includes(signal)) return kill.call(process, pid, signal)
    throw Object.assign(new Error('kill ENOSYS'), { code: 'ENOSYS' })
  }`

/** Starts Node as it is on another system. */
function startOn(system: string, args: string[], variables?: NodeJS.ProcessEnv): Program {
  return startProgram([`--import=data:text/javascript,${encodeURIComponent(system)}`, ...args], variables)
}

const asModule = (source: string): string[] => ['--input-type=module', '--eval', source]

test(
  'where there are no groups, a process is in that of the program, and its end is that of it alone',
  { skip },
  async () => {
    const { ended } = startOn(
      windows,
      asModule(`
      import { readFileSync } from 'node:fs'
      import { run, subprocess } from 'gvent'
      const group = (pid) => readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ')[1].split(' ')[2]
      await run(function* () {
        const sleeper = new subprocess.Popen(['sleep', '1000'])
        // Detached, it would have a window of its own.
        console.log(group(sleeper.pid) === group('self'))
        console.log(yield* sleeper.kill())
        const detached = new subprocess.Popen(['sleep', '1000'], { detached: true })
        console.log(group(detached.pid) === group('self'))
        yield* detached.kill()
      })`),
    )
    const { code, stdout, stderr } = await ended
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'true\n-9\nfalse\n', stderr: '' })
  },
)

test('a signal that the system lacks ends a process at once', async () => {
  const { ended } = startOn(
    windows,
    asModule(`
      import { run, subprocess } from 'gvent'
      await run(function* () {
        console.log(yield* new subprocess.Popen(['sleep', '1000']).kill('SIGHUP'))
        try {
          yield* subprocess.run(['sleep', '1000'], { timeout: 1, killSignal: 'SIGUSR2' })
        } catch (error) {
          console.log(error.name)
        }
      })`),
  )
  const { code, stdout, stderr } = await ended
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '-9\nTimeoutExpired\n', stderr: '' })
})

test(
  'a program that a signal ends takes its processes along, though the system cannot send it that signal',
  { skip },
  async () => {
    const { child, printed, ended } = startOn(
      windows,
      asModule(`
      import { subprocess } from 'gvent'
      const sleeper = new subprocess.Popen(['sleep', '1000'])
      console.log(sleeper.pid + '.')
      await sleeper.wait()`),
    )
    await printed('.')
    // As when its window is closed.
    child.kill('SIGHUP')
    const { stdout, signal } = await ended
    assert.equal(signal, 'SIGKILL')
    while (existsSync(`/proc/${parseInt(stdout)}`)) await new Promise(setImmediate)
  },
)

test('the name of a pipe is an address, however long, and is listened to as it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gvent-test-'))
  const pipe = String.raw`\\.\pipe\ `.trim()
  const { ended } = startOn(
    windows,
    asModule(`
      import { readdirSync } from 'node:fs'
      import { BackdoorServer, connect, run } from 'gvent'
      process.chdir(${JSON.stringify(folder)})
      await run(function* () {
        try {
          yield* connect(${JSON.stringify(pipe)} + 'x'.repeat(90))
        } catch (error) {
          console.log(error.code)
        }
        const server = new BackdoorServer({ path: ${JSON.stringify(`${pipe}backdoor`)} })
        yield* server.start()
        console.log(readdirSync('.').join())
        yield* server.stop()
      })`),
  )
  const { code, stdout, stderr } = await ended
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: `ENOENT\n${pipe}backdoor\n`, stderr: '' })
})

test('a path that names no pipe is refused, with the way to write one', async () => {
  const { ended } = startOn(
    windows,
    asModule(`
      import { BackdoorServer, connect, listen, run } from 'gvent'
      import { serveConsole } from 'gvent/console'
      const said = []
      await run(function* () {
        const server = new BackdoorServer({ path: 'a.sock' })
        for (const use of [() => listen({ path: '/tmp/a.sock' }), () => connect('/tmp/a.sock'),
          () => server.start(), () => serveConsole({ path: 'a.sock' })]) {
          try {
            yield* use()
          } catch (error) {
            said.push(error.message)
          }
        }
      })
      console.log(said.join('\\n'))`),
  )
  const { stdout, stderr } = await ended
  const advice = String.raw`on Windows a path names a pipe: write \\.\pipe\name, got`
  assert.equal(
    stdout,
    `listen({ path }): ${advice} "/tmp/a.sock"\nconnect({ path }): ${advice} "/tmp/a.sock"\n` +
      `listen({ path }): ${advice} "a.sock"\nserveConsole({ path }): ${advice} "a.sock"\n`,
    stderr,
  )
})

test('GVENT_CONSOLE that names no pipe says so, and the program goes on', async () => {
  const { ended, printed, child } = startOn(
    windows,
    asModule(`
      import { sleep } from 'gvent'
      await sleep(3_600_000)`),
    { GVENT_CONSOLE: 'a.sock' },
  )
  await printed(String.raw`write \\.\pipe\name, got "a.sock"`, 'stderr')
  assert.equal(child.exitCode, null)
  child.kill('SIGKILL')
  assert.match((await ended).stderr, /GVENT_CONSOLE=a\.sock: the socket cannot be opened/)
})

test('a signal that Windows lacks is refused, with those that it has', async () => {
  const { ended } = startOn(
    windows,
    asModule(`
      import { dumpOnSignal, signalHandler } from 'gvent'
      for (const use of [() => dumpOnSignal('SIGUSR3'), () => signalHandler('SIGUSR3', () => undefined)]) {
        try {
          use()
        } catch (error) {
          console.log(error.name + ': ' + error.message)
        }
      }`),
  )
  const { stdout, stderr } = await ended
  const text =
    'Windows has no such signal; write SIGINT (Ctrl-C), SIGBREAK (Ctrl-Break) or SIGHUP (its window is closed)'
  assert.equal(
    stdout,
    `RangeError: dumpOnSignal(signal): ${text}\nRangeError: signalHandler(signal, fn): ${text}\n`,
    stderr,
  )
  const asked = await startOn(windows, asModule(`import 'gvent'`), { GVENT_DUMP: 'SIGUSR3' }).ended
  assert.match(asked.stderr, /RangeError.*GVENT_DUMP=SIGUSR3: Windows has no such signal/)
})

test('staticFiles sends no file by a name that Windows reads as another', async () => {
  const names = ['con', 'NUL.txt', 'com1', 'lpt¹.css', 'page.html.', 'page.html ', 'GIT~1', 'page.html::$DATA', 'a\\b']
  const folder = await mkdtemp(join(tmpdir(), 'gvent-test-'))
  for (const name of [...names, 'page.html', 'console.txt', 'nul-1']) await writeFile(join(folder, name), 'here')
  const { ended } = startOn(
    windows,
    asModule(`
      import { HTTPServer, fetch, run, staticFiles } from 'gvent'
      await run(function* () {
        const server = new HTTPServer({ host: '127.0.0.1', port: 0 }, staticFiles(${JSON.stringify(folder)}))
        yield* server.start()
        const address = 'http://127.0.0.1:' + server.address().port + '/'
        for (const name of ${JSON.stringify([...names, 'page.html', 'console.txt', 'nul-1'])}) {
          const response = yield* fetch(address + encodeURIComponent(name))
          yield* response.text()
          console.log(response.status + ' ' + name)
        }
        yield* server.stop()
      })`),
  )
  const { stdout, stderr } = await ended
  const expected = [...names.map((name) => `404 ${name}`), '200 page.html', '200 console.txt', '200 nul-1', '']
  assert.equal(stdout, expected.join('\n'), stderr)
})

test('async functions of packages are left alone, whichever slashes a bundler writes', async () => {
  const { ended } = startOn(
    `import path from 'node:path'
     import { syncBuiltinESMExports } from 'node:module'
     Object.assign(path, { sep: path.win32.sep, normalize: path.win32.normalize })
     syncBuiltinESMExports()`,
    asModule(String.raw`
      import { Project } from '#async/hooks/project'
      const project = new Project('C:\\app\\main.js', ['lowered'])
      for (const file of [
        'C:/app/node_modules/plain/index.js', 'C:\\app\\node_modules\\plain\\index.js',
        'C:/app/node_modules/lowered/index.js', 'C:/app/main.js', 'C:\\app\\main.js',
      ]) console.log(project.governs(file))`),
  )
  const { stdout, stderr } = await ended
  assert.equal(stdout, 'false\nfalse\ntrue\ntrue\ntrue\n', stderr)
})

test('without /proc a program is looked into that has the same GVENT_CONSOLE as the command', { skip }, async () => {
  const variables = { GVENT_CONSOLE: join(await mkdtemp(join(tmpdir(), 'gvent-test-')), 'console.sock') }
  const { child, printed } = startOn(
    withoutProc,
    asModule(`
      import { existsSync } from 'node:fs'
      import { sleep, spawn } from 'gvent'
      spawn(function* patient() { yield* sleep(3_600_000) })
      while (!existsSync(process.env.GVENT_CONSOLE)) await sleep(1)
      console.log('ready')`),
    variables,
  )
  const gvent = (args: string[], environment?: NodeJS.ProcessEnv): Program['ended'] =>
    startOn(withoutProc, [command, ...args], environment).ended
  try {
    await printed('ready')
    const pid = String(child.pid)
    const seen = await gvent(['dump', pid], variables)
    assert.match(seen.stdout, /"patient" waiting for sleep\(3600000\)/, seen.stderr)
    const blind = await gvent(['dump', pid])
    assert.equal(blind.code, 1)
    assert.match(blind.stderr, /^gvent dump: this system has no \/proc, .* with the same GVENT_CONSOLE=/)
    assert.match((await gvent(['ps'])).stderr, /^gvent ps: this system has no \/proc, so processes cannot be listed/)
    assert.match((await gvent(['dump', '2147483000'])).stderr, /there is no process 2147483000/)
  } finally {
    child.kill('SIGKILL')
  }
})
