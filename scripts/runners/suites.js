/** What each test runner has to do with tests that use the library. */

/** How async functions are made greenlets where a runner does not say: as in any program. */
const asyncProgram = { env: { NODE_OPTIONS: '--import=gvent/async' } }

/** The suites: what is tested, whether that is to pass, and what has to be said otherwise. */
export const suites = {
  correct: {
    passes: true,
    body: (runner) => `
      check('greenlets wait and end', () => run(function* () {
        const queue = new Queue()
        spawn(() => queue.put(1))
        if ((yield* queue.get()) !== 1) throw new Error('wrong')
        const killed = spawn(() => sleep(60_000))
        yield* killed.kill()
      }))
      check('an error that is seen', async () => {
        const error = await spawn(function* () { yield; throw new Error('seen') }).catch((error) => error)
        if (error.message !== 'seen') throw new Error('wrong')
      })
      check('fake timers', async () => {
        ${runner.fakeTimers}
        try {
          let done = false
          spawn(function* () { yield* sleep(60_000); done = true })
          await idle()
          await tick(59_000)
          if (done) throw new Error('too early')
          await tick(1_001)
          await idle()
          if (!done) throw new Error('fake timers do not drive the greenlets')
        } finally {
          restore()
        }
      })
      check('a green function', green(function* () {
        const results = yield* joinAll([spawn(() => sleep(1)), spawn(() => sleep(2))])
        if (results.length !== 2) throw new Error('wrong')
      }))
      check('a simulation', () => simulate(() => sleep(60_000)))
      check('an exploration', async () => {
        let total
        const add = function* () { const before = total; yield* sleep(1); total = before + 1 }
        const failure = await explore(function* () {
          total = 0
          yield* joinAll([spawn(add), spawn(add)])
          if (total !== 2) throw new Error('an update was lost')
        }).catch((error) => error)
        if (!/an update was lost/.test(failure.message)) throw new Error('nothing is found')
      })`,
  },
  green: {
    passes: false,
    says: /a green function fails/,
    body: () => `
      check('fails', green(function* () { yield* sleep(1); throw new RangeError('a green function fails') }))`,
  },
  async: {
    passes: true,
    setUp: ({ async: setUp = asyncProgram }) => setUp,
    body: () => `
      import { greenletOf } from 'gvent/async/runtime'
      let state = 'begun'
      async function inner() {
        try { await new Promise(() => {}) } finally { await null; state = 'cleaned up' }
      }
      const outer = async () => await inner()
      check('async functions are greenlets', async () => {
        const promise = outer()
        await greenletOf(promise).kill()
        if (state !== 'cleaned up') throw new Error('not killed')
        if ((await promise.catch((error) => error.name)) !== 'KilledError') throw new Error('no error')
        if (outer.constructor.name !== 'AsyncFunction' || !(promise instanceof Promise)) throw new Error('another kind')
      })`,
  },
  lost: {
    passes: false,
    says: /that nobody sees/,
    body: () => `
      check('loses an error', async () => {
        spawn(function* () { yield; throw new RangeError('an error that nobody sees') })
        await sleep(100)
      })`,
  },
  deadlock: {
    passes: false,
    says: /deadlocks/,
    // The test after it runs as ever.
    others: /the one after it/,
    body: () => `
      check('deadlocks', () => run(function* main() { yield* new Queue().get() }))
      check('the one after it', () => run(() => sleep(1)))`,
  },
  leak: {
    passes: false,
    says: /leak/,
    body: () => `
      check('leaves a greenlet behind', () => simulate(function* () {
        spawn(function* leaks() { yield* new Queue().get() })
      }))`,
  },
}
