import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Paint, fit, isLive, oneLine, widthOf } from '#command/fetch/report/terminal'

test('lines can be drawn over on a terminal, unless it says that it is dumb', () => {
  const write = (): void => undefined
  assert.equal(isLive({ isTTY: true, write }, {}), true)
  assert.equal(isLive({ isTTY: true, write }, { TERM: 'dumb' }), false)
  assert.equal(isLive({ write }, {}), false)
  assert.equal(widthOf({ columns: 100, write }), 99)
  assert.equal(widthOf({ write }), 79)
  assert.equal(widthOf({ columns: 0, write }), 79)
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
