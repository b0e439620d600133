// Queue: a producer that waits for its consumers
import { Queue, run, sleep, spawn } from 'gvent'

const queue = new Queue(2)

function* produce() {
  for (let number = 1; number <= 6; number++) {
    yield* queue.put(number) // waits while the queue is full
    console.log(`put ${number}`)
  }
}

function* consume(name) {
  for (;;) {
    const number = yield* queue.get()
    console.log(`     ${name} has ${number}`)
    yield* sleep(300)
  }
}

await run(function* main() {
  spawn(produce)
  const consumers = [spawn(consume, 'one'), spawn(consume, 'two')]
  yield* sleep(1500)
  for (const consumer of consumers) yield* consumer.kill()
})
