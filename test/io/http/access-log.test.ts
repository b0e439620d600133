import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commonLog, jsonLog, type AccessEntry } from 'gvent'

const entry: AccessEntry = {
  remoteAddress: '127.0.0.1',
  date: new Date(Date.UTC(2000, 9, 10, 13, 55, 36)),
  method: 'GET',
  url: '/a"b\n',
  httpVersion: '1.1',
  status: 200,
  bytesSent: 2326,
  duration: 1.5,
  referrer: undefined,
  userAgent: 'me \u20ac',
}

function linesOf(make: (options: { write: (line: string) => unknown }) => (entry: AccessEntry) => void): string[] {
  const lines: string[] = []
  make({ write: (line) => lines.push(line) })(entry)
  return lines
}

test('commonLog writes the Common Log Format, in which no client can end a line or a quote', () => {
  const common = '127.0.0.1 - - [10/Oct/2000:13:55:36 +0000] "GET /a\\"b\\x0a HTTP/1.1" 200 2326'
  assert.deepEqual(linesOf(commonLog), [`${common}\n`])
  const combined = linesOf((options) => commonLog({ ...options, combined: true }))
  assert.deepEqual(combined, [`${common} "-" "me \\x20ac"\n`])
})

test('jsonLog writes one object a line', () => {
  const [line] = linesOf(jsonLog) as [string]
  assert.ok(line.endsWith('}\n'))
  assert.equal((JSON.parse(line) as AccessEntry).url, entry.url)
})
