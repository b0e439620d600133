// Deadlock: the report says who waits for what
import { Lock, run, sleep, spawn } from 'gvent'

const [accounts, journal] = [new Lock({ name: 'accounts' }), new Lock({ name: 'journal' })]

function* transfer(first, second) {
  using _first = yield* first.acquire()
  yield* sleep(10)
  using _second = yield* second.acquire()
}

await run(function* main() {
  const one = spawn(transfer, accounts, journal)
  const two = spawn(transfer, journal, accounts)
  yield* one
  yield* two
})
