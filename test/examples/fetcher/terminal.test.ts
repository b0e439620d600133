import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Paint, fit, isLive, oneLine, widthOf } from '#examples/fetcher/terminal'
import { Run } from './command.js'
import { answer, serve } from './peers.js'
import { FakeTerminal } from './fake-terminal.js'

const asTerminal = ['--import', 'data:text/javascript,Object.assign(process.stderr, { isTTY: true, columns: 60 })']

function seenOn(terminal: FakeTerminal, stderr: string[]): string[] {
  for (const line of stderr) terminal.write(`${line}\n`)
  return terminal.lines
}

test('on a terminal there is a progress bar, and at the end a waterfall', async (context) => {
  const { origin } = await serve(context)
  const run = new Run([`${origin}/a`, 'nonsense', `${origin}/b`], asTerminal)
  const { stdout, stderr } = await run.outcome
  assert.deepEqual(stdout.sort(), ['Process 0: Page /a', 'Process 2: Page /b'])
  assert.ok(stderr[0]!.startsWith('\r\x1b[K'))
  assert.match(stderr[0]!, /░.* {2}0\/3 {2}\d running/)
  const lines = seenOn(new FakeTerminal(60), stderr)
  assert.match(lines[0]!, /^Process 1 failed: nonsense: not a valid URL/)
  assert.match(lines[1]!, /^When each request ran, over /)
  assert.match(lines[2]!, /^0 …?[\d.:]+\/a +[\d.]+ m?s │ +[░█]/)
  assert.match(lines[3]!, /^2 …?[\d.:]+\/b +[\d.]+ m?s │ +[░█]/)
  assert.equal(lines[4], '░ waiting for the answer  █ receiving it  × failed')
  assert.match(lines[5]!, /^2 fetched, 1 failed, 42 bytes in /)
  assert.equal(lines.length, 7)
})

test('after Ctrl-C the waterfall shows what was given up', async (context) => {
  const peer = await serve(context, (request, response) => {
    if (request.url === '/quick') answer(request, response)
  })
  const run = new Run([`${peer.origin}/quick`, `${peer.origin}/never`], asTerminal)
  await run.during(Promise.all([run.nextOutput(), peer.received(2)]))
  run.process.kill('SIGINT')
  const { stderr } = await run.outcome
  const lines = seenOn(new FakeTerminal(60), stderr)
  assert.match(lines[1]!, /quick .*[^×]$/)
  assert.match(lines[2]!, /never .*×$/)
  assert.match(lines[4]!, /^Stopped: 1 fetched, 1 given up/)
})

test('lines can be drawn over on a terminal, unless it says that it is dumb', () => {
  const write = (): void => undefined
  assert.equal(isLive({ isTTY: true, write }, {}), true)
  assert.equal(isLive({ isTTY: true, write }, { TERM: 'dumb' }), false)
  assert.equal(isLive({ write }, {}), false)
  assert.equal(widthOf({ columns: 100, write }), 99)
  assert.equal(widthOf({ write }), 79)
})

test('without colours text stays as it is', () => {
  assert.equal(new Paint(true).red('no'), '\x1b[31mno\x1b[0m')
  assert.equal(new Paint(true).red(''), '')
  assert.equal(new Paint(false).red('no'), 'no')
})

test('text is cut to a width', () => {
  assert.deepEqual(
    [0, 1, 2, 4, 5].map((width) => fit('abcde', width)),
    ['', '…', 'a…', 'abc…', 'abcde'],
  )
  assert.equal(fit('abcde', 3, 'beginning'), '…de')
})

test('text from elsewhere becomes one line without control characters', () => {
  assert.equal(oneLine(' a\r\nb\x00\x1b[1mc\u2028d\u202ee\x9b '), 'a b [1mc d e')
})
