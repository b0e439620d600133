import assert from 'node:assert/strict'
import { test } from 'node:test'
import { all, connect, listen, type Coroutine, type Socket } from 'gvent'
import { network, simulate } from 'gvent/testing'
import { conformance } from '../io/net/stream-conformance.js'

// The suite waits for turns of the loop where it wants to give the network its time, and in no turn time passes here.
const options = { network: { latency: [0, 0] } } as const

conformance({
  name: 'simulated TCP',
  tellsOfReset: true,
  *pair(): Coroutine<[Socket, Socket]> {
    using listener = yield* listen({ host: '127.0.0.1' })
    return yield* all([connect({ host: '127.0.0.1', port: listener.port! }), listener.accept()])
  },
  run: (name, body) => {
    void test(name, () =>
      simulate(options, function* () {
        yield* body()
        assert.deepEqual(network().netstat(), [])
      }),
    )
  },
})
