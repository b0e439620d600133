import 'gvent/monkey/all'
import { Agent, request } from 'undici'
import { testHTTPClient } from './http-client.js'

const plain = `
import { Agent, FormData, fetch, request, stream } from 'undici'
import { Writable } from 'node:stream'
const url = process.argv[1]
const dispatcher = new Agent({ connections: 2 })
const { statusCode, headers, body } = await request(url + '/request', { dispatcher })
console.log(statusCode, headers['content-type'], await body.json())
const response = await fetch(url + '/fetch', { dispatcher })
console.log(response.status, await response.clone().text(), await response.json(), response.bodyUsed)
const form = new FormData()
form.set('name', 'value')
console.log(await (await fetch(url + '/form', { method: 'POST', body: form, dispatcher })).json())
const chunks = []
await stream(url + '/stream', { dispatcher }, () => new Writable({ write: (chunk, _, done) => done(chunks.push(chunk) && null) }))
console.log(String(Buffer.concat(chunks)))
const signal = AbortSignal.timeout(20)
await request(url + '/silent', { signal, dispatcher }).catch((error) => console.log(error.name, error === signal.reason))
await fetch('http://127.0.0.1:1/', { dispatcher }).catch((error) => console.log(error.name, error.message))
console.log((await Promise.all(Array.from({ length: 20 }, () => request(url + '/many', { dispatcher }).then(({ body }) => body.text())))).length)
await dispatcher.close()
`

const expected =
  /^200 application\/json \[ { title: '\/request' } \]\n200 .*\nTimeoutError true\nTypeError fetch failed\n20\n$/s

testHTTPClient('undici', plain, expected, () => {
  const dispatcher = new Agent({ connections: 1 })
  return {
    async get(url, signal) {
      const { body } = await request(url, signal === undefined ? { dispatcher } : { dispatcher, signal })
      return body.json()
    },
    close: () => dispatcher.close(),
  }
})
