import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startRedis, withoutRedis } from '../../ecosystem/redis-server.js'
import { fetchByFleet } from './fleet/fleet-fetch.js'
import { Folder, gvent } from './worker-program.js'

const folder = new Folder()
after(() => folder.remove())

test('three processes fetch a list, one is killed: a line for each URL', { skip: withoutRedis }, async () => {
  const { transcript, ...figures } = await fetchByFleet(300, 8)
  const { requests, atOnce, ...others } = figures
  assert.deepEqual(
    others,
    { urls: 300, lines: 300, fetched: 300, queued: 300, left: 0, statuses: [0, 0, 0, 143] },
    transcript,
  )
  assert.ok(requests >= 300)
  assert.ok(atOnce <= 8, `${atOnce} requests at once`)
})

test('what cannot be is told on stderr, with status 2', async () => {
  const engine = ['--engine', 'redis://localhost']
  for (const [args, message] of [
    [['fetch', '--enqueue', 'http://127.0.0.1/'], /no engine given; write --enqueue redis:\/\/localhost/],
    [['fetch', '--enqueue', 'redis://:secret@localhost', 'http://127.0.0.1/'], /other users can see a password/],
    [['fetch', '--enqueue', 'redis://a', '--collect', 'redis://a', 'http://127.0.0.1/'], /one after the other/],
    [['worker', '--fetch', ...engine, '--manifest', 'x'], /--manifest is an option of gvent fetch/],
    [['worker', '--fetch', ...engine, '--ouput', 'x'], /did you mean --output/],
    [['worker', '--fetch', ...engine, '--output', 'pages/{host}'], /--output needs \{n\}/],
    [['worker', '--fetch', ...engine, 'http://127.0.0.1/'], /URLs come from the engine/],
  ] as const) {
    const { code, stdout, stderr } = await gvent(...args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, message)
    assert.doesNotMatch(stderr, /secret/)
  }
})

test('an engine that cannot be reached is one line, with status 1', async () => {
  for (const option of ['--enqueue', '--collect']) {
    const { code, stdout, stderr } = await gvent('fetch', option, 'redis://127.0.0.1:1', 'http://127.0.0.1/')
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^gvent fetch: redis:\/\/127\.0\.0\.1:1: .*\n$/)
  }
})

test('lines with mistakes are accounted for, and are no jobs', { skip: withoutRedis }, async () => {
  const redis = await startRedis()
  try {
    const list = folder.write('list.txt', 'nonsense\nnonsense\n')
    const engine = folder.write('engine.txt', `redis://127.0.0.1:${redis.port}\n`)
    const put = await gvent('fetch', '--enqueue', `@${engine}`, list)
    assert.equal(put.code, 1)
    assert.match(put.stdout, /^failed\t-\tnonsense\tnot a valid URL/)
    assert.match(put.stderr, /put 0 URLs into redis:.*; 2 lines have mistakes/)
    const collected = await gvent('fetch', '--collect', '--engine-file', engine, '--file', list)
    assert.equal(collected.code, 1)
    assert.match(collected.stdout, /^failed\t-\tnonsense\tnot a valid URL[^\n]*\n$/)
  } finally {
    await redis.stop()
  }
})

test('a manifest of before is gone on with: nothing is waited for twice', { skip: withoutRedis }, async () => {
  const redis = await startRedis()
  try {
    const manifest = join(redis.folder, 'done.jsonl')
    const entry = { n: 1, url: 'http://127.0.0.1:9/a', outcome: 'fetched', file: null }
    writeFileSync(manifest, `${JSON.stringify(entry)}\n`)
    const { code, stderr } = await gvent(
      ...['fetch', '--collect', `redis://127.0.0.1:${redis.port}`, '--resume', manifest, 'http://127.0.0.1:9/a'],
    )
    assert.equal(code, 0)
    assert.match(stderr, /1 fetched before/)
  } finally {
    await redis.stop()
  }
})
