import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run, socketpair, spawn } from 'gvent'

test('a pair of sockets is connected both ways, and ends with either of them', async () => {
  await run(function* () {
    const [left, right] = yield* socketpair()
    yield* left.sendAll('there')
    assert.equal(String(yield* right.recvExactly(5)), 'there')
    yield* right.sendAll('back')
    assert.equal(String(yield* left.recvExactly(4)), 'back')
    left.close()
    assert.equal(yield* right.recv(), null)
    right.close()
  })
})

test('a kill at any moment leaves no socket behind', async () => {
  await run(function* () {
    for (let turns = 0; turns < 8; turns++) {
      const greenlet = spawn(function* () {
        const [left, right] = yield* socketpair()
        left.close()
        right.close()
      })
      for (let turn = 0; turn < turns; turn++) yield
      yield* greenlet.kill()
    }
  })
  // Node closes them in a later turn.
  const isOpen = (): boolean => process.getActiveResourcesInfo().some((name) => name.startsWith('TCP'))
  for (let turn = 0; turn < 1000 && isOpen(); turn++) await new Promise((resolve) => setTimeout(resolve, 1))
  assert.equal(isOpen(), false)
})
