import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run, socketpair, subprocess } from 'gvent'

const numbers = new Uint16Array([1, 2])

// What is sent for want of bytes, and how the message says to write it.
const data: Record<string, [unknown, string]> = {
  'a Uint16Array': [numbers, 'write new Uint8Array(data.buffer, data.byteOffset, data.byteLength)'],
  'a DataView': [new DataView(numbers.buffer), 'write new Uint8Array(data.buffer, data.byteOffset, data.byteLength)'],
  'an ArrayBuffer': [numbers.buffer, 'write new Uint8Array(data)'],
  'a Blob': [new Blob(['a']), 'write new Uint8Array(yield* until(data.arrayBuffer()))'],
  'a list of numbers': [[1, 2], 'write Uint8Array.from(data)'],
  'a list of bytes': [[Buffer.from('a')], 'write Buffer.concat(data)'],
  'a list of texts': [['a', 'b'], "write data.join('')"],
  'a list of objects': [[{}], 'write JSON.stringify(data)'],
  'an object': [{ a: 1 }, 'write JSON.stringify(data)'],
  'a number': [5, 'write String(value)'],
  nothing: [undefined, 'write String(value)'],
}

for (const [name, [value, advice]] of Object.entries(data)) {
  test(`the error about ${name} that is sent says how to make bytes or a text of it`, () =>
    run(function* () {
      const [one, other] = yield* socketpair()
      for (const send of [() => one.sendAll(value as never), () => one.recvUntil(value as never)]) {
        assert.throws(send, (error: Error) => error.message.endsWith(`; ${advice}`))
      }
      one.close()
      other.close()
    }))

  if (value !== undefined) {
    test(`the error about ${name} as the input of a process says how to make bytes or a text of it`, () =>
      run(function* () {
        try {
          yield* subprocess.run([process.execPath, '-v'], { input: value as never })
        } catch (error) {
          assert.ok((error as Error).message.endsWith(`; ${advice}`), String(error))
          return
        }
        assert.fail('no error')
      }))
  }
}
