import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { newThread, root, startTarget } from '../console/programs.js'
import { withoutProcesses } from '../io/program.js'

const hasScript = spawnSync('script', ['--version']).status === 0
const skip = withoutProcesses || (hasScript ? false : 'needs script, of util-linux')

const OTHER_SCREEN = '\u001b[?1049h'
const THIS_SCREEN = '\u001b[?1049l'

/** `gvent top` on a terminal of its own. */
class Terminal {
  /** All that was written. */
  output = ''
  private readonly child

  constructor(pid: number, rows = 30, columns = 110) {
    const main = join(root, 'dist', 'command', 'main.js')
    const command =
      `stty rows ${rows} cols ${columns}; echo "before $(stty -g) "; ${process.execPath} ${main} top ${pid}; ` +
      'echo "status $? "; echo "after $(stty -g) "'
    const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env
    this.child = spawn('script', ['-qefc', command, '/dev/null'], {
      env: { ...env, TERM: 'xterm', SHELL: '/bin/sh' },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.output += text))
  }

  press(keys: string): void {
    this.child.stdin.write(keys)
  }

  /** The last picture that is whole, without colours. */
  get picture(): string {
    const end = this.output.lastIndexOf('\u001b[J')
    const begin = this.output.lastIndexOf('\u001b[H', end)
    // eslint-disable-next-line no-control-regex -- the terminal's own
    return end === -1 ? '' : this.output.slice(begin, end).replace(/\u001b\[[\d;?]*[A-Za-z]/g, '')
  }

  /** Waits for a picture with such a text. */
  async shows(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.picture)) {
      if (this.child.exitCode !== null) assert.fail(`it has ended: ${this.output}`)
      await once(this.child.stdout, 'data')
    }
    return this.picture
  }

  /** Waits for its end, and checks that the terminal is as it was. @returns its status, and what it has printed then. */
  async ended(): Promise<{ status: number; text: string }> {
    if (this.child.exitCode === null) await once(this.child, 'close')
    assert.ok(this.output.includes(OTHER_SCREEN))
    const text = this.output.slice(this.output.lastIndexOf(THIS_SCREEN) + THIS_SCREEN.length)
    assert.ok(this.output.lastIndexOf(THIS_SCREEN) > this.output.lastIndexOf(OTHER_SCREEN), 'the screen is given back')
    assert.ok(this.output.lastIndexOf('\u001b[?25h') > this.output.lastIndexOf('\u001b[?25l'), 'so is the cursor')
    assert.equal(/after (\S+) /.exec(text)?.[1], /before (\S+) /.exec(this.output)?.[1], 'and the mode of the terminal')
    return { status: Number(/status (\d+) /.exec(text)![1]), text }
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }
}

const source = `
  import { Lock, Queue, sleep, spawn } from 'gvent'
  const lock = new Lock({ name: 'accounts' })
  const jobs = new Queue(10, { name: 'jobs' })
  spawn(function* nightlyReport() {
    yield* lock.acquire()
    for (let i = 0; i < 30; i++) spawn(function* request() { yield* lock.acquire() })
    spawn(function* worker() { for (;;) yield* jobs.get() })
    yield* sleep(3_600_000)
  })
  spawn(function* spinner() { for (;;) { for (const end = performance.now() + 20; performance.now() < end;); yield* sleep(5) } })
  await sleep(0)
  await sleep(0)
  console.log('ready')`

async function looking(
  check: (terminal: Terminal, child: ReturnType<typeof startTarget>['child']) => Promise<void>,
): Promise<void> {
  const { child, printed } = startTarget(source)
  await printed('ready')
  const terminal = new Terminal(child.pid!)
  try {
    await check(terminal, child)
  } finally {
    terminal.kill()
    child.kill('SIGKILL')
  }
}

test('top shows the jam and the groups, opens one greenlet, and q gives the terminal back', { skip }, async () => {
  await looking(async (terminal, child) => {
    const picture = await terminal.shows(/30 wait for Lock "accounts"/)
    const lines = picture.split(/\r+\n/)
    assert.match(lines[0]!, new RegExp(`^gvent top ${child.pid!}  node `))
    assert.match(picture, /\r\nGROUP +ALIVE↓ +\+10s +BUSY% +OLDEST +MOSTLY WAITS FOR +PLACE/)
    assert.match(picture, /\r\nrequest +30 +0 +0\.0 .*Lock "accounts"\.acquire/)
    assert.ok(lines.length <= 30, `${lines.length} lines fit`)
    assert.ok(lines.every((line) => line.length <= 110))

    // A group opens its greenlets, a greenlet its stack.
    terminal.press('\r')
    await terminal.shows(/\[greenlets\].* of request {2}30 in all/)
    await terminal.shows(/\d+ request +[\d.]+ s +Lock "accounts"\.acquire/)
    terminal.press('\r')
    const stack = await terminal.shows(/at request \(/)
    assert.match(stack, /^request #\d+ /)
    assert.match(stack, /spawned by nightlyReport #1/)
    assert.match(stack, /waiting for it: nobody/)
    terminal.press('q')
    await terminal.shows(/\[greenlets\]/)
    terminal.press('q')
    assert.equal((await terminal.ended()).status, 0)
    assert.equal(child.exitCode, null)
  })
})

test('the tables, sorting, the filter, the tree, the dump and the help have their keys', { skip }, async () => {
  await looking(async (terminal) => {
    await terminal.shows(/GROUP +ALIVE↓/)
    terminal.press('>')
    await terminal.shows(/\+10s↓/)
    terminal.press('<<')
    await terminal.shows(/GROUP↑/)
    terminal.press('I')
    await terminal.shows(/GROUP↓/)
    terminal.press('/night')
    await terminal.shows(/filter: night/)
    await terminal.shows(/\r\nnightlyReport +1 /)
    assert.doesNotMatch(terminal.picture, /\r\nrequest /)
    terminal.press('\r')
    await terminal.shows(/\? help/)
    terminal.press('\u001b')
    await terminal.shows(/\r\nrequest +30/)
    terminal.press('\t')
    await terminal.shows(/\[longest waits\][^]*GREENLET +WAITED↓/)
    terminal.press('P')
    await terminal.shows(/\[busiest\][^]*spinner #\d+ +[1-9][\d.]+ /)
    terminal.press('4')
    await terminal.shows(/\[things\][^]*Queue "jobs" +1 +size 0 +maxSize 10/)
    terminal.press('t')
    await terminal.shows(/\[tree\][^]*▸ nightlyReport #1 +31/)
    terminal.press('\u001b[C')
    await terminal.shows(/▾ nightlyReport #1[^]*▸ request × 30/)
    terminal.press('\u001b[D')
    await terminal.shows(/▸ nightlyReport #1/)
    terminal.press('d')
    await terminal.shows(/30 × "request", waiting: 30 for Lock "accounts"\.acquire/)
    terminal.press('\u001b')
    await terminal.shows(/\[tree\]/)
    terminal.press('?')
    await terminal.shows(/freeze the display/)
    terminal.press('q')
    await terminal.shows(/\[tree\]/)
    terminal.press(' ')
    await terminal.shows(/held/)
    terminal.press('\u001b[21~')
    assert.equal((await terminal.ended()).status, 0)
  })
})

test('Ctrl-C gives the terminal back, and so does the end of the process', { skip }, async () => {
  await looking(async (terminal) => {
    await terminal.shows(/GROUP +ALIVE/)
    terminal.press('\u0003')
    assert.equal((await terminal.ended()).status, 130)
  })
  await looking(async (terminal, child) => {
    await terminal.shows(/GROUP +ALIVE/)
    child.kill('SIGKILL')
    const { status, text } = await terminal.ended()
    assert.equal(status, 0)
    assert.match(text, /gvent top: the process is gone: it has ended/)
  })
})

test('n goes to the next thread, and back to the main one', { skip }, async () => {
  const { child, printed } = startTarget(`${source}
    import { Worker } from 'node:worker_threads'
    ${newThread()}.once('message', () => console.log('the thread is there'))`)
  await printed('the thread is there')
  const terminal = new Terminal(child.pid!)
  try {
    await terminal.shows(/request +30 /)
    terminal.press('n')
    await terminal.shows(/^gvent top \d+ {2}worker thread \d+ {2}node [^]*inThread +1 /)
    terminal.press('n')
    await terminal.shows(/^gvent top \d+ {2}node [^]*request +30 /)
    terminal.press('q')
    assert.equal((await terminal.ended()).status, 0)
  } finally {
    terminal.kill()
    child.kill('SIGKILL')
  }
})
