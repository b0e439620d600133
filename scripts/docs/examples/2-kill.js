// Kill: every finally runs, and may wait
import { run, sleep, spawn } from 'gvent'

function* download() {
  try {
    for (let percent = 0; percent <= 100; percent += 10) {
      console.log(`${percent} %`)
      yield* sleep(200)
    }
  } finally {
    yield* sleep(100) // a cleanup that waits, too
    console.log('the half of the file is removed')
  }
}

await run(function* main() {
  const greenlet = spawn(download)
  yield* sleep(700)
  yield* greenlet.kill() // raises GreenletExit where it waits, and waits for its cleanup
  console.log('it is', greenlet.dead ? 'dead' : 'alive')
})
