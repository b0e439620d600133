// Race: the faster wins, the slower is killed
import { race, run, sleep } from 'gvent'

function* ask(server, milliseconds) {
  let answered = false
  try {
    yield* sleep(milliseconds)
    answered = true
    return `the answer of ${server}`
  } finally {
    if (!answered) console.log(`${server}: cancelled`)
  }
}

await run(function* main() {
  const answer = yield* race([ask('Paris', 500), ask('Tokyo', 200), ask('Lima', 800)])
  console.log(answer)
})
