import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteQueue } from '#io/net/byte-queue'

function filled(...chunks: string[]): ByteQueue {
  const queue = new ByteQueue()
  for (const chunk of chunks) queue.push(Buffer.from(chunk))
  return queue
}

test('chunks come out as they went in', () => {
  const queue = new ByteQueue()
  const large = Buffer.alloc(2000, 'a')
  queue.push(large)
  queue.push(Buffer.alloc(2000, 'b'))
  assert.equal(queue.length, 4000)
  assert.equal(queue.shift(), large)
  assert.equal(queue.shift(500).toString(), 'b'.repeat(500))
  assert.equal(queue.length, 1500)
  assert.equal(queue.take(1500).toString(), 'b'.repeat(1500))
  assert.equal(queue.length, 0)
})

test('many small chunks are kept in few', () => {
  const queue = new ByteQueue()
  for (let index = 0; index < 100_000; index++) queue.push(Buffer.from([index & 255]))
  let chunks = 0
  let next = 0
  while (queue.length > 0) {
    for (const byte of queue.shift()) assert.equal(byte, next++ & 255)
    chunks++
  }
  assert.equal(next, 100_000)
  assert.ok(chunks < 20, `${chunks} chunks`)
})

test('what was taken does not change when more comes in', () => {
  const queue = filled('ab', 'cd')
  const taken = queue.take(3)
  queue.push(Buffer.from('ef'))
  assert.equal(taken.toString(), 'abc')
  assert.equal(queue.take(3).toString(), 'def')
})

test('what is put back comes first', () => {
  const queue = filled('cd')
  queue.unshift(Buffer.from('ab'))
  queue.unshift(Buffer.alloc(0))
  queue.push(Buffer.from('ef'))
  assert.equal(queue.peek().toString(), 'abcdef')
  assert.equal(queue.peek(3).toString(), 'abc')
  assert.equal(queue.take(6).toString(), 'abcdef')
})

test('a delimiter is found wherever the chunks end', () => {
  const text = 'xx--x---END-xx-END'
  const pad = '.'.repeat(1024)
  for (const delimiter of ['E', '--', '---END', '-END', 'x-', 'nowhere']) {
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        const queue = new ByteQueue()
        const pieces = [pad + text.slice(0, first), text.slice(first, second), text.slice(second) + pad]
        for (const piece of pieces) if (piece.length > 0) queue.unshift(Buffer.alloc(0))
        for (const piece of [...pieces].reverse()) queue.unshift(Buffer.from(piece))
        for (const from of [0, 1024, 1024 + first, 1030]) {
          const expected = (pad + text + pad).indexOf(delimiter, from)
          assert.equal(
            queue.indexOf(Buffer.from(delimiter), from),
            expected,
            JSON.stringify({ pieces, delimiter, from }),
          )
        }
      }
    }
  }
})

test('random operations do what they do on a string', () => {
  let seed = 1
  const random = (limit: number): number => (seed = (seed * 48271) % 2147483647) % limit
  const queue = new ByteQueue()
  let model = ''
  for (let step = 0; step < 20_000; step++) {
    const text = String.fromCharCode(97 + random(26)).repeat(1 + random(random(4) === 0 ? 3000 : 20))
    const action = random(6)
    if (action < 3) {
      queue.push(Buffer.from(text))
      model += text
    } else if (action === 3) {
      queue.unshift(Buffer.from(text))
      model = text + model
    } else if (action === 4 && model !== '') {
      const size = 1 + random(model.length)
      assert.equal(queue.take(size).toString(), model.slice(0, size))
      model = model.slice(size)
    } else if (model !== '') {
      const taken = queue.shift(1 + random(5000)).toString()
      assert.ok(taken.length > 0 && model.startsWith(taken))
      model = model.slice(taken.length)
    }
    assert.equal(queue.length, model.length)
  }
})
