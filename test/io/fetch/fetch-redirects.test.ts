import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fetch } from 'gvent'
import { startPeer, type Peer } from '../http-peer.js'

/** `/STATUS/NAME` redirects to the target of that name; all else tells what came. */
const start = (): Promise<Peer> =>
  startPeer((request, response) => {
    const [, status, name] = request.url!.split('/')
    const target = targets[name!]
    if (target !== undefined) {
      response.writeHead(Number(status), { location: Buffer.from(target).toString('latin1') }).end('elsewhere')
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url } = request
      const headers = Object.entries(request.headers).filter(([name]) => name !== 'connection')
      response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }))
    })
  })
const [near, far] = [await start(), await start()]

const targets: Readonly<Record<string, string>> = {
  relative: 'end',
  absolute: '/end?a=1',
  near: `${near.url}end`,
  far: `${far.url}end`,
  utf8: '/ä?ö=ü',
  fragment: '/end#there',
  credentials: `${far.url.replace('//', '//user:password@')}end`,
  invalid: 'http://[',
  ftp: 'ftp://127.0.0.1/',
  empty: '',
  twice: `/302/far`,
  thrice: '/307/twice',
}

async function outcomeOf(request: () => PromiseLike<Response>): Promise<unknown> {
  try {
    const response = await request()
    const { status, url, type, redirected, ok } = response
    return { status, url, type, redirected, ok, seen: await response.text() }
  } catch (error) {
    const { name, cause } = error as Error
    return { name, cause: String(cause) }
  }
}

/** Compares the platform's `fetch` with this one, with and without a limit. */
async function compare(url: string, init: () => RequestInit): Promise<void> {
  const expected = await outcomeOf(() => globalThis.fetch(url, init()))
  const what = `${url} ${JSON.stringify(init())}`
  for (const extra of [{}, { maxRedirects: 20 }]) {
    const got = await outcomeOf(() => fetch(url, { ...init(), ...extra }))
    assert.deepEqual(got, expected, `${what} ${JSON.stringify(extra)}`)
  }
}

const names = Object.keys(targets)
const statuses = [300, 301, 302, 303, 304, 307, 308]

test('each redirect is followed with a limit as without, and as the platform follows it', async () => {
  for (const status of statuses)
    for (const name of names) await compare(`${near.url}${status}/${name}#here`, () => ({}))
})

test('so is that of each method', async () => {
  const headers = { authorization: 'secret', cookie: 'a=b', 'content-type': 'text/x', 'x-other': 'kept' }
  for (const status of statuses) {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const body = method === 'GET' || method === 'HEAD' ? null : 'body'
      for (const name of ['near', 'far', 'thrice'])
        await compare(`${near.url}${status}/${name}`, () => ({ method, body, headers }))
    }
  }
})

test('so is that of each body', async () => {
  const bodies: (() => RequestInit)[] = [
    () => ({ body: new TextEncoder().encode('bytes') }),
    () => ({ body: new URLSearchParams({ a: 'b' }) }),
    () => ({ body: new Blob(['blob'], { type: 'text/y' }) }),
    () => ({ body: new Blob(['stream']).stream(), duplex: 'half' }),
  ]
  for (const status of statuses) {
    for (const body of bodies) await compare(`${near.url}${status}/far`, () => ({ method: 'POST', ...body() }))
  }
})

test('so is that of each mode', async () => {
  for (const redirect of ['follow', 'manual', 'error'] as const) {
    for (const credentials of ['omit', 'same-origin', 'include'] as const) {
      for (const status of statuses) await compare(`${near.url}${status}/twice`, () => ({ redirect, credentials }))
    }
  }
})

test('a redirect too many is an error, and is not asked for', async () => {
  for (const [name, count] of Object.entries({ far: 1, twice: 2, thrice: 3 })) {
    const url = `${near.url}302/${name}`
    const response = await fetch(url, { maxRedirects: count })
    assert.equal(response.status, 200)
    await response.text()
    const { length } = far.paths
    for (const init of [{}, { method: 'POST', body: 'x' }, { signal: new AbortController().signal }]) {
      await assert.rejects(async () => await fetch(url, { ...init, maxRedirects: count - 1 }), {
        name: 'LimitError',
        limit: count - 1,
      })
    }
    assert.equal(far.paths.length, length)
  }
})

test('an answer that is no redirect is none, and nothing is refused for it', async () => {
  for (const status of [300, 304, 421]) {
    const response = await fetch(`${near.url}${status}/far`, { maxRedirects: 0 })
    assert.equal(response.status, status)
    await response.text()
  }
})
