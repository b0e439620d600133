import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProgressBar } from '#examples/fetcher/progress'
import { FakeTerminal } from './fake-terminal.js'

const environment = { TERM: 'xterm' }
const counts = { fetched: 5, failed: 0, running: 2, total: 10, milliseconds: 500 }

test('the bar fills in proportion', () => {
  const terminal = new FakeTerminal(60)
  const bar = new ProgressBar(terminal, environment)
  bar.draw({ ...counts, fetched: 0 })
  assert.deepEqual(terminal.lines, [`${'░'.repeat(40)}  0/10  2 running`])
  bar.draw(counts)
  assert.deepEqual(terminal.lines, [`${'█'.repeat(20)}${'░'.repeat(20)}  5/10  2 running`])
  bar.draw({ ...counts, fetched: 10, running: 0 })
  assert.deepEqual(terminal.lines, [`${'█'.repeat(40)}  10/10  0 running`])
})

test('failures and the speed are said when there are any', () => {
  const terminal = new FakeTerminal(120)
  new ProgressBar(terminal, environment).draw({ ...counts, failed: 3, milliseconds: 4000 })
  assert.match(terminal.lines[0]!, / {2}8\/10 {2}3 failed {2}2 running {2}2\/s$/)
})

test('without a total there are only counts', () => {
  const terminal = new FakeTerminal()
  new ProgressBar(terminal, environment).draw({ ...counts, fetched: 12_345, total: undefined })
  assert.deepEqual(terminal.lines, ['12,345  2 running'])
})

test('a total that was estimated too low never gives more than all', () => {
  const terminal = new FakeTerminal()
  new ProgressBar(terminal, environment).draw({ ...counts, fetched: 20, total: 15 })
  assert.match(terminal.lines[0]!, /█░* {2}20\/22 {2}2 running$/)
})

test('the line never fills the width, so that it never wraps', () => {
  for (let columns = 1; columns <= 100; columns++) {
    const terminal = new FakeTerminal(columns)
    new ProgressBar(terminal, environment).draw({ ...counts, failed: 1, milliseconds: 9000 })
    assert.ok(terminal.lines[0]!.length <= Math.max(1, columns - 1), `${columns} columns: ${terminal.lines[0]!}`)
  }
})

test('what is printed comes above the bar, which stays', () => {
  const terminal = new FakeTerminal(60)
  const bar = new ProgressBar(terminal, environment)
  bar.draw(counts)
  const [line] = terminal.lines
  bar.printAbove(() => terminal.write('Process 1: a page\n'))
  bar.printAbove(() => terminal.write('Process 2: another\n'))
  assert.deepEqual(terminal.lines, ['Process 1: a page', 'Process 2: another', line])
  bar.erase()
  assert.deepEqual(terminal.lines, ['Process 1: a page', 'Process 2: another', ''])
})

test('the same line is not written again', () => {
  const terminal = new FakeTerminal()
  const bar = new ProgressBar(terminal, environment)
  bar.draw(counts)
  const { written } = terminal
  bar.draw(counts)
  assert.equal(terminal.written, written)
})

test('colours are used on a terminal unless NO_COLOR forbids them', () => {
  const draw = (more: Record<string, string>): string => {
    const terminal = new FakeTerminal()
    new ProgressBar(terminal, { ...environment, ...more }).draw(counts)
    return terminal.written
  }
  assert.ok(draw({}).includes('\x1b[32m'))
  assert.ok(draw({ NO_COLOR: '' }).includes('\x1b[32m'))
  assert.ok(!draw({ NO_COLOR: '1' }).includes('\x1b[32m'))
})

test('nothing is drawn where nothing can be drawn over', () => {
  for (const [isTTY, TERM] of [
    [false, 'xterm'],
    [true, 'dumb'],
  ] as const) {
    const screen = { isTTY, written: '', write: (text: string) => (screen.written += text) }
    const bar = new ProgressBar(screen, { TERM })
    bar.draw(counts)
    bar.printAbove(() => screen.write('a line\n'))
    bar.erase()
    assert.equal(screen.written, 'a line\n')
  }
})
