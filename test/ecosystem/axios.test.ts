import 'gvent/monkey/all'
import { Agent } from 'node:http'
import axios from 'axios'
import { testHTTPClient } from './http-client.js'

const plain = `
import axios from 'axios'
import { Agent } from 'node:http'
const httpAgent = new Agent({ keepAlive: true, maxSockets: 2 })
const client = axios.create({ baseURL: process.argv[1], httpAgent })
const { status, headers, data } = await client.get('/get')
console.log(status, headers['content-type'], data)
console.log((await client.post('/post', { name: 'value' })).data)
const { data: stream } = await client.get('/stream', { responseType: 'stream' })
const chunks = []
for await (const chunk of stream) chunks.push(chunk)
console.log(String(Buffer.concat(chunks)))
await client.get('/silent', { timeout: 20 }).catch((error) => console.log(error.name, error.code))
const controller = new AbortController()
const aborted = client.get('/silent', { signal: controller.signal })
controller.abort()
await aborted.catch((error) => console.log(error.name, error.code, axios.isCancel(error)))
await axios.get('http://127.0.0.1:1/').catch((error) => console.log(error.name, error.code))
console.log((await Promise.all(Array.from({ length: 20 }, () => client.get('/many')))).length)
httpAgent.destroy()
`

const expected =
  /^200 application\/json .*\nAxiosError ECONNABORTED\nCanceledError ERR_CANCELED true\nError ECONNREFUSED\n20\n$/s

testHTTPClient('axios', plain, expected, () => {
  const httpAgent = new Agent({ keepAlive: true, maxSockets: 1 })
  const client = axios.create({ httpAgent })
  return {
    async get(url, signal) {
      const { data } = await client.get<unknown>(url, signal === undefined ? {} : { signal })
      return data
    },
    close: () => {
      httpAgent.destroy()
    },
  }
})
