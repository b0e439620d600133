import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { startProgram, withoutProcesses as skip } from '../io/program.js'
import { blocked, gvent, jam, lookInto, newThread, startTarget } from '../console/programs.js'

test(
  'a process that was not prepared is dumped, and goes on as before with its inspector closed',
  { skip },
  async () => {
    await lookInto(jam, 'jammed', async (pid) => {
      const { code, stdout, stderr } = await gvent('dump', pid)
      assert.equal(code, 0, stderr)
      assert.match(stdout, new RegExp(`^${pid}, Node ${process.version}, up \\d+\\.\\d s, 21 greenlets alive\n`))
      assert.doesNotMatch(stdout, /Blocked/)
      assert.match(
        stdout,
        /<Greenlet #1 "nightlyReport" waiting for sleep\(3600000\) for [\d.]+ s>\n {4}at nightlyReport/,
      )
      assert.match(
        stdout,
        /#2 "request" waiting for Lock "accounts"\.acquire .* depends on <Greenlet #1 "nightlyReport">/,
      )
      assert.match(stderr, /^gvent: sent SIGUSR1 to process \d+, which opens its inspector/)
      // Its port is closed again, so the second time takes another signal.
      assert.match((await gvent('dump', pid)).stderr, /sent SIGUSR1/)
    })
  },
)

test('a process that hangs in a loop says where, and what waits', { skip }, async () => {
  await lookInto(blocked, 'blocked', async (pid) => {
    const { code, stdout, stderr } = await gvent('dump', pid)
    assert.equal(code, 0, stderr)
    assert.match(stdout, /\nBlocked: <Greenlet #2 "request"> is running and does not yield, here:\n {4}at hot \(/)
    assert.match(stdout, /<Greenlet #1 "patient" waiting for sleep\(3600000\)/)
  })
})

test('--groups prints one stack for each group', { skip }, async () => {
  await lookInto(jam, 'jammed', async (pid) => {
    const { stdout } = await gvent('dump', '--groups', pid)
    assert.match(
      stdout,
      /\n20 × "request", waiting: 20 for Lock "accounts"\.acquire\n {2}such as <Greenlet #\d+ "request"/,
    )
    assert.equal(stdout.match(/at request /g)?.length, 1)
  })
})

test('above a thousand greenlets the dump is by groups, and --all prints every one', { skip }, async () => {
  await lookInto(
    `
    import { spawn, sleep } from 'gvent'
    for (let i = 0; i < 1500; i++) spawn(function* nap() { yield* sleep(3_600_000) })
    await sleep(0)
    console.log('ready')`,
    'ready',
    async (pid) => {
      const { stdout } = await gvent('dump', pid)
      assert.match(stdout, /1,500 × "nap"/)
      const all = await gvent('dump', '--all', pid)
      assert.equal(all.stdout.match(/"nap" waiting/g)?.length, 1500)
      assert.match(all.stderr, /1,500 stacks hold process \d+ up for about/)
    },
  )
})

test('--no-signal sends none, and says what to do', { skip }, async () => {
  await lookInto(jam, 'jammed', async (pid) => {
    const { code, stdout, stderr } = await gvent('dump', '--no-signal', pid)
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    assert.match(stderr, /^gvent dump: process \d+ has neither .* GVENT_CONSOLE=\S+\n$/)
  })
})

test('a program with GVENT_CONSOLE answers over its socket without a signal, blocked or not', { skip }, async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'gvent-test-')), 'console.sock')
  const { child, printed, ended } = startTarget(
    `${blocked.replace('sleep(1)', 'sleep(1); while (!existsSync(process.env.GVENT_CONSOLE)) yield* sleep(1)')}
     import { existsSync } from 'node:fs'`,
    { GVENT_CONSOLE: path },
  )
  try {
    await printed('blocked')
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    const { code, stdout, stderr } = await gvent('dump', '--no-signal', child.pid!)
    assert.equal(code, 0, stderr)
    assert.equal(stderr, '')
    assert.match(stdout, /Blocked: <Greenlet #2 "request"> is running and does not yield, here:\n {4}at hot \(/)
  } finally {
    child.kill('SIGKILL')
    assert.doesNotMatch((await ended).stderr, /Debugger/)
  }
})

for (const name of ['TMPDIR', 'TMP', 'TEMP'])
  test(`a socket that is left by a look before is found in the folder that ${name} names`, { skip }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gvent-test-'))
    const variables = { TMPDIR: '', TMP: '', TEMP: '', [name]: `${folder}/` }
    await lookInto(
      jam,
      'jammed',
      async (pid) => {
        const seen = await gvent('top', '--once', pid)
        assert.equal(seen.code, 0, seen.stderr)
        const { code, stdout, stderr } = await gvent('dump', '--no-signal', pid)
        assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
        assert.match(stdout, /21 greenlets alive/)
      },
      variables,
    )
  })

test('the socket does not keep the program alive', { skip }, async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'gvent-test-')), 'console.sock')
  const { ended } = startProgram(`import { sleep } from 'gvent'; await sleep(1)`, { GVENT_CONSOLE: path })
  assert.deepEqual(await ended, { code: 0, signal: null, stdout: '', stderr: '' })
})

test('worker threads are dumped with the main one', { skip }, async () => {
  await lookInto(
    `
    import { Worker } from 'node:worker_threads'
    import { spawn, sleep } from 'gvent'
    spawn(function* inMain() { yield* sleep(3_600_000) })
    ${newThread()}.once('message', () => console.log('ready'))`,
    'ready',
    async (pid) => {
      const { stdout, stderr } = await gvent('dump', pid)
      assert.match(stdout, /"inMain"/, stderr)
      assert.match(stdout, /\n\n\[worker 1\].*1 greenlet alive\n<Greenlet #1 "inThread" waiting/)
    },
  )
})

test('what cannot be looked into is one line with the way out', { skip }, async () => {
  const line = async (pid: number | string, ...options: string[]): Promise<string> => {
    const { code, stdout, stderr } = await gvent('dump', ...options, pid)
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, stderr)
    return stderr
  }
  const gone = startProgram('')
  await gone.ended
  assert.match(await line(gone.child.pid!), /^gvent dump: there is no process \d+; npx gvent ps lists .*\n$/)

  const other = startTarget(`setInterval(() => {}, 1000); console.log('ready')`)
  await other.printed('ready')
  assert.match(await line(other.child.pid!), /gvent dump: process \d+ has not loaded gvent; npx gvent ps/)
  other.child.kill('SIGKILL')

  const status = readFileSync('/proc/1/status', 'utf8')
  const isForeign = process.getuid!() !== 0 && !/^Uid:\s+0\s/m.test(status)
  const foreign = await line(1)
  assert.match(foreign, isForeign ? /belongs to another user/ : /is not a Node|belongs to another user/)
})

const disables = process.allowedNodeEnvironmentFlags.has('--disable-sigusr1')
test(
  'a program with --disable-sigusr1 gets no signal',
  { skip: skip || (disables ? false : 'this Node has no --disable-sigusr1') },
  async () => {
    await lookInto(
      jam,
      'jammed',
      async (pid) => {
        const { code, stderr } = await gvent('dump', pid)
        assert.equal(code, 1)
        assert.match(stderr, /^gvent dump: process \d+ does not open its inspector on a signal .* GVENT_CONSOLE=.*\n$/)
      },
      {},
      '--disable-sigusr1',
    )
  },
)

for (const place of ['the command line', 'NODE_OPTIONS']) {
  test(`a taken port of ${place} is named with its owner, and no signal is sent`, { skip }, async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as AddressInfo
    const option = `--inspect-port=127.0.0.1:${port}`
    const { child, printed } =
      place === 'NODE_OPTIONS' ? startProgram(jam, { NODE_OPTIONS: option }) : startTarget(jam, {}, option)
    try {
      await printed('jammed')
      const { code, stderr } = await gvent('dump', child.pid!)
      assert.equal(code, 1)
      assert.equal(
        stderr.replace(/; end that, .*/s, ''),
        `gvent dump: port ${port}, on which process ${child.pid!} would open its inspector, is taken by process ${process.pid}`,
      )
    } finally {
      child.kill('SIGKILL')
      holder.close()
    }
  })
}

test('a port among the arguments of the program is none of its inspector', { skip }, async (context) => {
  const holder = createServer().listen(0, '127.0.0.1')
  context.after(() => holder.close())
  await once(holder, 'listening')
  const { port } = holder.address() as AddressInfo
  const folder = await mkdtemp(join(tmpdir(), 'gvent-test-'))
  context.after(() => rm(folder, { recursive: true }))
  const program = join(folder, 'program.mjs')
  await writeFile(program, jam.replace("'gvent'", JSON.stringify(import.meta.resolve('gvent'))))
  const { child, printed } = startProgram(['--inspect-port', '0', program, `--inspect-port=${port}`])
  context.after(() => child.kill('SIGKILL'))
  await printed('jammed')
  const { code, stderr } = await gvent('dump', child.pid!)
  assert.equal(code, 0, stderr)
})

test(
  'an inspector that is open on the port of --inspect-port is asked, and no signal is sent',
  { skip },
  async (context) => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as AddressInfo
    await once(holder.close(), 'close')
    const { child, printed } = startTarget(jam, {}, `--inspect-port=127.0.0.1:${port}`)
    context.after(() => child.kill('SIGKILL'))
    await printed('jammed')
    child.kill('SIGUSR1')
    let text = ''
    for await (const chunk of child.stderr!.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      text += chunk as string
      if (text.includes('Debugger listening')) break
    }
    const { code, stderr } = await gvent('dump', child.pid!)
    assert.equal(code, 0, stderr)
    assert.equal(stderr, '')
  },
)

test('a mistake in the command line is one line and status 2', async () => {
  for (const [args, text] of [
    [['dump'], /expected a process ID/],
    [['dump', 'x'], /expected a process ID, got "x"/],
    [['dump', '1', '2'], /expected one process/],
    [['dump', '--fast', '1'], /Unknown option '--fast'/],
    [['dump', '--all', '--groups', '1'], /cannot be combined/],
  ] as const) {
    const { code, stderr } = await gvent(...args)
    assert.equal(code, 2)
    assert.match(stderr, text)
  }
  assert.match((await gvent('dump', '--help')).stdout, /^Usage: gvent dump \[options\] PID\n/)
})
