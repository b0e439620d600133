import 'gvent/monkey/all'
import { Agent } from 'node:http'
import { got } from 'got'
import { testHTTPClient } from './http-client.js'

const plain = `
import { got } from 'got'
import { Agent } from 'node:http'
const agent = new Agent({ keepAlive: true, maxSockets: 2 })
const client = got.extend({ prefixUrl: process.argv[1], agent: { http: agent }, retry: { limit: 0 } })
const response = await client('response')
console.log(response.statusCode, response.headers['content-type'], response.body)
console.log(await client('json').json(), (await client('buffer').buffer()).length)
console.log(await client.post('post', { json: { name: 'value' } }).text())
const chunks = []
for await (const chunk of client.stream('stream')) chunks.push(chunk)
console.log(String(Buffer.concat(chunks)))
await client('silent', { timeout: { response: 20 } }).catch((error) => console.log(error.name, error.code))
const cancelled = client('silent')
cancelled.cancel()
await cancelled.catch((error) => console.log(error.name, error.code, cancelled.isCanceled))
console.log((await Promise.all(Array.from({ length: 20 }, () => client('many').json()))).length)
agent.destroy()
`

const expected = /^200 application\/json .*\nTimeoutError ETIMEDOUT\nCancelError ERR_CANCELED true\n20\n$/s

testHTTPClient('got', plain, expected, () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const client = got.extend({ agent: { http: agent }, retry: { limit: 0 } })
  return {
    get: (url, signal) => client(url, signal === undefined ? {} : { signal }).json(),
    close: () => {
      agent.destroy()
    },
  }
})
