import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Paint } from '#command/fetch/report/terminal'
import { Waterfall, type Lane } from '#command/fetch/report/waterfall'

const plain = new Paint(false)

function lane(number: number, start: number, answer: number | undefined, end: number, failed = false): Lane {
  return { number, url: `http://host/${number}`, attempts: [{ start, answer, end }], failed }
}

test('each request has a line with its place in time, in the order of their starts', () => {
  const waterfall = new Waterfall()
  waterfall.add(lane(1, 1250, 1500, 2000))
  waterfall.add(lane(0, 1000, 1500, 1750))
  assert.deepEqual(waterfall.draw(46, plain), [
    'When each request ran, over 1.00 s',
    `0 host/0 0.75 s │ ${'░'.repeat(13)}${'█'.repeat(8)}`,
    `1 host/1 0.75 s │ ${' '.repeat(6)}${'░'.repeat(7)}${'█'.repeat(14)}`,
    '░ waiting for the answer  █ receiving it  × f…',
  ])
})

test('a failure ends in a mark, and shows its attempts and the pauses between them', () => {
  const waterfall = new Waterfall()
  const attempts = [
    { start: 0, end: 20 },
    { start: 40, end: 60 },
    { start: 90, answer: 95, end: 100 },
  ]
  waterfall.add({ number: 7, url: 'https://x/y', attempts, failed: true })
  assert.equal(waterfall.draw(35, plain)[1], '7 x/y 0.10 s │ ░░░░   ░░░░░     ░×')
})

test('of many the slowest are kept', () => {
  const waterfall = new Waterfall(3)
  for (let number = 0; number < 1000; number++) {
    const milliseconds = ((number * 7) % 1000) + 1
    waterfall.add(lane(number, number, undefined, number + milliseconds))
  }
  const lines = waterfall.draw(80, plain)
  assert.equal(lines[0], 'When the 3 slowest of 1,000 requests ran, over 1.29 s')
  assert.deepEqual(
    lines.slice(1, -1).map((line) => line.split(' ')[0]),
    ['571', '714', '857'],
  )
})

test('requests that took no time at all still have a mark', () => {
  const waterfall = new Waterfall()
  waterfall.add(lane(0, 5, 5, 5))
  assert.match(waterfall.draw(40, plain)[1]!, /│ █$/)
})

test('no line is wider than it may be, at any width', () => {
  const waterfall = new Waterfall()
  waterfall.add({ ...lane(12, 0, 10, 2000), url: `http://host/${'long/'.repeat(50)}` })
  waterfall.add(lane(3, 1999, undefined, 5000, true))
  for (let width = 30; width < 200; width++) {
    for (const line of waterfall.draw(width, plain)) assert.ok(line.length <= width, `${width}: ${line}`)
  }
})

test('nothing that a terminal would obey comes through from a URL', () => {
  const waterfall = new Waterfall()
  waterfall.add({ ...lane(0, 0, 1, 2), url: 'http://x/\x1b[2J\n\u202e' })
  assert.equal(waterfall.draw(80, plain).join('').includes('\x1b'), false)
})

test('nothing is drawn when nothing ran', () => {
  assert.deepEqual(new Waterfall().draw(80, plain), [])
})
