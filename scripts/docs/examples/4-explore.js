// Explore: find the order that breaks it
import { joinAll, Semaphore, spawn } from 'gvent'
import { explore } from 'gvent/testing'

function* twoDeposits() {
  const connections = new Semaphore(2)
  let balance = 0

  function* deposit(amount) {
    const before = balance
    const permit = yield* connections.acquire() // seldom waits, but it may
    balance = before + amount
    permit.release()
  }

  yield* joinAll([spawn(deposit, 10), spawn(deposit, 20)])
  if (balance !== 30) throw new Error(`money was lost: ${balance}`)
}

// A thousand orders, on a virtual clock. Read the balance after the acquire, and none of them fails.
const { schedules } = await explore(twoDeposits)
console.log(`nothing found in ${schedules} orders`)
