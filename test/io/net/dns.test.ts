import assert from 'node:assert/strict'
import {
  GreenletExit,
  LookupError,
  Timeout,
  all,
  idle,
  lookup,
  lookupService,
  race,
  resolve,
  resolve4,
  resolve6,
  resolveMx,
  resolveTxt,
  reverse,
  sleep,
  until,
  type Coroutine,
} from 'gvent'
import { greenTest, raised, start, turns } from '../green-test.js'
import { NameServer } from './name-server.js'

/** How many look-ups of the operating system are under way. */
function searches(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'GetAddrInfoReqWrap').length
}

function withServer(name: string, body: (server: NameServer) => Coroutine<unknown>): void {
  greenTest(name, function* () {
    const server = yield* until(new NameServer().open())
    try {
      yield* body(server)
    } finally {
      server.close()
    }
  })
}

greenTest('lookup finds what the operating system knows', function* () {
  const { address, family } = yield* lookup('localhost', { family: 4 })
  assert.deepEqual({ address, family }, { address: '127.0.0.1', family: 4 })
  assert.deepEqual(yield* lookup('127.0.0.1', { all: true }), [{ address: '127.0.0.1', family: 4 }])
  const { hostname, service } = yield* lookupService('127.0.0.1', 80)
  assert.ok(hostname.length > 0 && service.length > 0)
})

greenTest('equal look-ups at the same time share one, and each gets a result of its own', function* () {
  const lookups = Array.from({ length: 50 }, () => start(() => lookup('localhost', { all: true })))
  yield* sleep(0)
  assert.equal(searches(), 1)
  const results = yield* all(lookups)
  results[0]!.length = 0
  assert.ok(results.slice(1).every((result) => result.length > 0))
  // What woke this greenlet was the end of the search, which is not over before that is.
  yield* idle()
  const different = [start(() => lookup('localhost')), start(() => lookup('localhost', { family: 4 }))]
  yield* sleep(0)
  assert.equal(searches(), 2)
  yield* all(different)
})

greenTest('a look-up that is killed leaves the others theirs', function* () {
  const [killed, other] = [start(() => lookup('localhost')), start(() => lookup('localhost'))]
  yield* sleep(0)
  yield* killed.kill()
  assert.ok(killed.value instanceof GreenletExit)
  assert.match((yield* other).address, /^(127\.0\.0\.1|::1)$/)
  assert.ok((yield* race([lookup('localhost'), lookup('localhost', { all: true })])) !== undefined)
})

greenTest('a look-up that fails is LookupError', function* () {
  const wrong = yield* raised(lookup('localhost', { family: 5 as never }))
  assert.equal((wrong as NodeJS.ErrnoException).code, 'ERR_INVALID_ARG_VALUE')
  const none = yield* raised(lookup(`${'x'.repeat(64)}.test`))
  assert.ok(none instanceof LookupError)
  assert.equal(none.syscall, 'getaddrinfo')
  assert.equal(none.hostname, `${'x'.repeat(64)}.test`)
})

withServer('records come from the name server', function* (server) {
  const asking = start(function* () {
    return yield* all([
      resolve('a.test'),
      resolve4('b.test', { ttl: true }),
      resolve6('c.test'),
      resolveMx('d.test'),
      resolveTxt('e.test'),
      reverse('127.0.0.9'),
    ])
  })
  const answers: Record<string, string> = {
    'A a.test': '127.0.0.7',
    'A b.test': '127.0.0.8',
    'AAAA c.test': '2001:db8:0:0:0:0:0:1',
    'MX d.test': 'mail.test',
    'TXT e.test': 'hello',
    'PTR 9.0.0.127.in-addr.arpa': 'nine.test',
  }
  yield* until(server.asked(6))
  for (const question of server.questions) question.answer(answers[question.text]!)
  const [a, b, c, [mail], texts, names] = yield* asking
  assert.deepEqual(
    [a, b, c, texts, names],
    [['127.0.0.7'], [{ address: '127.0.0.8', ttl: 60 }], ['2001:db8::1'], [['hello']], ['nine.test']],
  )
  assert.deepEqual([mail!.exchange, mail!.priority], ['mail.test', 10])
})

withServer('equal questions at the same time are asked once, later ones anew', function* (server) {
  const asking = Array.from({ length: 10 }, () => start(() => resolve4('a.test')))
  const other = start(() => resolve4('b.test'))
  const last = yield* until(server.asked(2))
  last.answer('127.0.0.2')
  server.questions[0]!.answer('127.0.0.1')
  const results = yield* all(asking)
  assert.deepEqual(results, Array(10).fill(['127.0.0.1']))
  assert.notEqual(results[0], results[1])
  assert.deepEqual(yield* other, ['127.0.0.2'])
  const again = start(() => resolve4('a.test'))
  ;(yield* until(server.asked(3))).answer('127.0.0.3')
  assert.deepEqual(yield* again, ['127.0.0.3'])
})

withServer('a name that does not exist is a LookupError for each who asked, from where each waits', function* (server) {
  function* one() {
    yield* resolve4('no.test')
  }
  function* other() {
    yield* resolve4('no.test')
  }
  const asking = [one, other]
  const waiting = asking.map((fn) => start(fn))
  ;(yield* until(server.asked(1))).answer()
  for (const [index, { name }] of asking.entries()) {
    const error = yield* raised(waiting[index]!)
    assert.ok(error instanceof LookupError)
    assert.deepEqual([error.code, error.syscall, error.hostname], ['ENOTFOUND', 'queryA', 'no.test'])
    assert.equal(error.message, 'queryA ENOTFOUND no.test')
    const [, caller] = /at (\S+) \(.*dns\.test/.exec(error.stack!) ?? []
    assert.equal(caller, name, error.stack)
  }
})

withServer('a question is taken back when the last who waits is killed or timed out', function* (server) {
  const first = start(() => resolve4('slow.test'))
  const second = start(() => resolve4('slow.test', { timeout: 50 }))
  yield* until(server.asked(1))
  yield* first.kill()
  yield* idle()
  assert.equal(second.dead, false)
  assert.ok((yield* raised(second)) instanceof Timeout)
  yield* turns()
  // What was taken back is not waited for by the next who asks.
  const third = start(() => resolve4('slow.test'))
  ;(yield* until(server.asked(2))).answer('127.0.0.5')
  assert.deepEqual(yield* third, ['127.0.0.5'])
})

withServer('a promise for records works as well', function* (server) {
  const promise = (async () => await resolveTxt('promise.test'))()
  ;(yield* until(server.asked(1))).answer('kept')
  assert.deepEqual(yield* until(promise), [['kept']])
})

greenTest('what is misused says what was meant', function* () {
  assert.throws(() => lookup(''), { name: 'TypeError', message: /expected the name of a host, got an empty one/ })
  assert.throws(() => lookup('', { all: true }), TypeError)
  assert.throws(() => lookup(5 as never), /lookup\(hostname\): expected a string, got 5/)
  assert.throws(() => resolve(undefined as never), /resolve\(hostname\): expected a string, got undefined/)
  assert.throws(() => resolve('a.test', 'A', { timeout: -1 }), RangeError)
  const error = (yield* raised(resolve('a.test', 'NONSENSE' as never))) as NodeJS.ErrnoException
  assert.equal(error.code, 'ERR_INVALID_ARG_VALUE')
})
