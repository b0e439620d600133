// Timeout: limits that nest
import { run, sleep, Timeout, withTimeout } from 'gvent'

function* slow() {
  try {
    yield* sleep(60_000)
    return 'done'
  } finally {
    console.log('cleaned up')
  }
}

await run(function* main() {
  console.log(yield* withTimeout(300, slow(), { value: 'too slow, but here is a default' }))
  try {
    yield* withTimeout(300, slow())
  } catch (error) {
    if (!(error instanceof Timeout)) throw error
    console.log(error.message)
  }
})
