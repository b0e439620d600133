import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { fetch, getHub, HTTPServer, joinAll, Lock, run, sleep, spawn } from 'gvent'
import { metrics, metricsHandler, openMetrics } from 'gvent/console'

/** Reads the text as Prometheus does: each sample by its name and labels, once. */
function parse(text: string): Map<string, number> {
  assert.ok(text.endsWith('# EOF\n'))
  const samples = new Map<string, number>()
  const types = new Map<string, string>()
  for (const line of text.split('\n').slice(0, -2)) {
    const [, keyword, name, value] = /^# (TYPE|HELP|UNIT) (\w+) (.+)$/.exec(line) ?? []
    if (keyword === 'TYPE') {
      assert.ok(!types.has(name!), `two types of ${name!}`)
      types.set(name!, value!)
    } else if (keyword === 'UNIT') assert.ok(name!.endsWith(`_${value!}`))
    if (keyword !== undefined) continue
    const [, sample, labels = '', number] = /^(\w+)(\{.*\})? (\S+)$/.exec(line)!
    const family = [...types.keys()].find((each) => sample!.startsWith(each))
    assert.ok(family !== undefined, `no type: ${line}`)
    if (types.get(family) === 'counter') assert.ok(sample!.endsWith('_total'), line)
    assert.ok(!samples.has(sample! + labels), `twice: ${line}`)
    assert.ok(Number.isFinite(Number(number)), line)
    samples.set(sample! + labels, Number(number))
  }
  return samples
}

test('metrics() tells how the thread stands, and counts from the first call on', async () => {
  const first = metrics()
  const lock = new Lock({ name: 'accounts' })
  const { onError } = getHub()
  const reported = new Promise<void>((resolve) => {
    getHub().onError = () => {
      resolve()
    }
  })
  const holder = spawn(function* holder() {
    yield* lock.acquire()
    yield* sleep(60_000)
  })
  const waiters = Array.from({ length: 3 }, () =>
    spawn(function* waiter() {
      yield* lock.acquire()
    }),
  )
  spawn(() => {
    throw new Error('lost')
  })
  await reported
  await new Promise(setImmediate)
  const { greenlets, things, lostErrors } = metrics()
  assert.equal(greenlets.made - first.greenlets.made, 5)
  assert.equal(lostErrors - first.lostErrors, 1)
  assert.deepEqual(
    things.map(({ kind, waiting }) => [kind, waiting]),
    [['Lock', 3]],
  )
  for (const each of [holder, ...waiters]) each.kill()
  await joinAll([holder, ...waiters])
  assert.equal(metrics().kills - first.kills, 4)
  getHub().onError = onError
})

test('the handler serves OpenMetrics for HTTPServer and for node:http, with requests by method and status', async () => {
  metrics()
  const server = new HTTPServer({ host: '127.0.0.1', port: 0 }, function* (request) {
    yield* sleep(0)
    if (new URL(request.url).pathname === '/metrics') return metricsHandler(request)
    return new Response('no', { status: 404 })
  })
  const direct = new HTTPServer({ host: '127.0.0.1', port: 0 }, metricsHandler)
  await server.start()
  await direct.start()
  const node = createServer(metricsHandler).listen(0, '127.0.0.1')
  await once(node, 'listening')
  await run(function* () {
    const { port } = server.address() as AddressInfo
    for (let round = 0; round < 3; round++) yield* (yield* fetch(`http://127.0.0.1:${port}/missing`)).text()
    for (const { port: each } of [server, direct, node].map((one) => one.address() as AddressInfo)) {
      const response = yield* fetch(`http://127.0.0.1:${each}/metrics`)
      assert.equal(response.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8')
      const samples = parse(yield* response.text())
      assert.equal(samples.get('gvent_request_duration_seconds_count{method="GET",status="404"}'), 3)
      assert.equal(samples.get('gvent_request_duration_seconds_bucket{method="GET",status="404",le="+Inf"}'), 3)
      assert.equal(samples.get('gvent_fetch_duration_seconds_count{method="GET",status="404"}'), 3)
      assert.ok(samples.get('gvent_greenlets_alive')! > 0)
    }
  })
  node.close()
  await server.stop()
  await direct.stop()
})

test('names are escaped, and things of one name are one sample', () => {
  const base = metrics()
  const thing = { id: 1, kind: 'Lock', name: 'Lock "a\\b"\nc', waiting: 2, stats: {} }
  const text = openMetrics({ ...base, things: [thing, thing] })
  assert.ok(text.includes('gvent_waiting{kind="Lock",name="Lock \\"a\\\\b\\"\\nc"} 4\n'), text)
  parse(text)
})

test('the buckets of a histogram are summed up', () => {
  const buckets = [1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3]
  const requests = [{ method: 'GET', status: 200, count: 4, milliseconds: 20_000, buckets }]
  const samples = parse(openMetrics({ ...metrics(), requests }))
  assert.equal(samples.get('gvent_request_duration_seconds_bucket{method="GET",status="200",le="0.005"}'), 1)
  assert.equal(samples.get('gvent_request_duration_seconds_bucket{method="GET",status="200",le="10.0"}'), 3)
  assert.equal(samples.get('gvent_request_duration_seconds_bucket{method="GET",status="200",le="+Inf"}'), 4)
  assert.equal(samples.get('gvent_request_duration_seconds_sum{method="GET",status="200"}'), 20)
})
