import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startProgram } from '../io/program.js'
import { gvent, jam, root } from '../console/programs.js'

/** Whether this machine lets a test have namespaces of its own, as a container has. */
function namespaces(...flags: string[]): string | false {
  const { status } = spawnSync('unshare', [...flags, '--fork', 'true'])
  return status === 0 ? false : `unshare ${flags.join(' ')} is not to be had here`
}

interface Container {
  /** The number of the program out here. */
  readonly pid: number
  /** A folder that it sees, too. */
  readonly folder: string
}

/** Runs the jam in namespaces of its own. */
async function contain(
  t: TestContext,
  flags: readonly string[],
  variables: (folder: string) => NodeJS.ProcessEnv = () => ({}),
  prepare = 'true',
): Promise<Container> {
  const folder = await mkdtemp(join(tmpdir(), 'gvent-container-'))
  const program = join(folder, 'program.mjs')
  await writeFile(program, jam.replace("'gvent'", JSON.stringify(import.meta.resolve('gvent'))))
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
  const shell = `${prepare} && exec ${JSON.stringify(process.execPath)} --inspect-port=0 ${JSON.stringify(program)}`
  const child: ChildProcess = spawn('unshare', [...flags, '--fork', 'sh', '-c', shell], {
    env: { ...env, ...variables(folder) },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [text] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string]
  assert.match(text, /jammed/)
  const inner = await readFile(`/proc/${child.pid!}/task/${child.pid!}/children`, 'utf8')
  t.after(async () => {
    process.kill(Number(inner), 'SIGKILL')
    await once(child, 'close')
    await rm(folder, { recursive: true, force: true })
  })
  return { pid: Number(inner), folder }
}

const PROCESSES = ['--pid', '--mount-proc']
const NETWORK = ['--net', ...PROCESSES]

test(
  'a process in another PID namespace is reached, under its number out here',
  { skip: namespaces(...PROCESSES) },
  async (t) => {
    const { pid } = await contain(t, PROCESSES)
    const dumped = await gvent('dump', pid)
    assert.equal(dumped.code, 0, dumped.stderr)
    assert.match(
      dumped.stdout,
      new RegExp(`^${pid}, Node .*, 21 greenlets alive\n<Greenlet #1 "nightlyReport" waiting`),
    )
    const seen = await gvent('top', '--once', pid)
    assert.match(seen.stdout, new RegExp(`^gvent top ${pid}  node .*\n! 20 wait for Lock "accounts"`), seen.stderr)
  },
)

test(
  'one with a temporary folder of its own, too: top reaches the socket there',
  { skip: namespaces('--mount', ...PROCESSES) },
  async (t) => {
    const own = (folder: string): NodeJS.ProcessEnv => ({ TMPDIR: join(folder, 'own') })
    const { pid } = await contain(t, ['--mount', ...PROCESSES], own, 'mkdir $TMPDIR && mount -t tmpfs none $TMPDIR')
    const seen = await gvent('top', '--once', pid)
    assert.equal(seen.code, 0, seen.stderr)
    assert.match(seen.stdout, /\n! 20 wait for Lock "accounts"/)
  },
)

test(
  'one with a network of its own is one line with the way out, and answers over GVENT_CONSOLE',
  { skip: namespaces(...NETWORK) },
  async (t) => {
    const { pid } = await contain(t, NETWORK)
    const { code, stdout, stderr } = await gvent('dump', pid)
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    assert.match(
      stderr,
      /^gvent dump: process \d+ is in a container with a network of its own; run the command inside .*GVENT_CONSOLE.*\n$/,
    )

    const prepared = await contain(t, NETWORK, (folder) => ({ GVENT_CONSOLE: join(folder, 'console.sock') }))
    const dumped = await gvent('dump', prepared.pid)
    assert.deepEqual({ code: dumped.code, stderr: dumped.stderr }, { code: 0, stderr: '' })
    assert.match(dumped.stdout, /21 greenlets alive/)
  },
)

test('where there is no /proc every command says what to do', { skip: namespaces('--mount') }, () => {
  for (const args of [['ps'], ['dump', '1'], ['top', '--once', '1'], ['trace', '1']]) {
    const { status, stderr } = spawnSync(
      'unshare',
      [
        '--mount',
        'sh',
        '-c',
        'mount -t tmpfs none /proc && exec "$@"',
        'sh',
        process.execPath,
        join(root, 'dist', 'command', 'main.js'),
        ...args,
      ],
      { encoding: 'utf8' },
    )
    assert.equal(status, 1)
    assert.match(stderr, /^gvent \w+: this system has no \/proc, .*GVENT_CONSOLE=.*\n$/)
  }
})

const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups']
const withoutUsers =
  spawnSync('setpriv', [...NOBODY, process.execPath, '--version']).status === 0 ? false : 'needs root and setpriv'

test('a process of another user is one line with the way out', { skip: withoutUsers }, async () => {
  const { child, printed } = startProgram(jam)
  try {
    await printed('jammed')
    for (const args of [['dump'], ['top', '--once'], ['trace'], ['console']]) {
      const command = [process.execPath, join(root, 'dist', 'command', 'main.js'), ...args, String(child.pid!)]
      const { status, stderr } = spawnSync('setpriv', [...NOBODY, ...command], { encoding: 'utf8' })
      assert.equal(status, 1)
      assert.match(
        stderr,
        /^gvent \w+: process \d+ belongs to another user; run the command as that user: sudo -u '#0' npx gvent …\n$/,
      )
    }
  } finally {
    child.kill('SIGKILL')
  }
})
