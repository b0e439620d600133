import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as gvent from 'gvent'
import * as testing from 'gvent/testing'
import { callsWithArgument } from './calls-with-options.js'

const library = { ...testing, ...gvent } as unknown as Record<
  string,
  (new (value: unknown) => unknown) & (() => unknown)
>

/** No argument of any call is one of these. */
const wrong = Symbol('wrong')

// Why no error of the library's own comes of a wrong argument.
const exceptions: Record<string, string> = {
  bodyOf: 'it takes what an application gave, which is checked when it is sent',
  fetch: "its address is the platform's to read",
  own: 'there is no scope here, which is what its error says',
  makeServer: 'its error is about the application, which is missing',
  'new ErrorStream': 'the server makes it',
  'new HTTPRequestHandler': 'the server makes it',
  'new Wait': 'the kernel makes it',
  'new Watch': 'it takes any value',
}

async function raisedBy(call: string): Promise<Error | undefined> {
  try {
    const value: unknown = call.startsWith('new ')
      ? new library[call.slice('new '.length)]!(wrong)
      : Reflect.apply(library[call]!, undefined, [wrong])
    if (value instanceof Promise) await value
    return undefined
  } catch (error) {
    return error as Error
  }
}

test('a wrong argument is refused by every call, under its name, at the line of the program', async () => {
  const calls = (await callsWithArgument()).filter((call) => {
    const name = call.replace('new ', '')
    return typeof library[name] === 'function' && !/(?:Error|Exit|Lagged)$/.test(name) && !(call in exceptions)
  })
  assert.ok(calls.length > 80, String(calls.length))
  const faults: string[] = []
  for (const call of calls) {
    const error = await raisedBy(call)
    const says = error?.message ?? ''
    const first = error?.stack?.split('\n').find((line) => /^\s+at /.test(line)) ?? ''
    const isNamed = says.startsWith(`${call}(`) || says.startsWith(`${call}:`)
    if (!isNamed || !says.includes('Symbol(wrong)')) faults.push(`${call}: ${String(error)}`)
    else if (!first.includes('wrong-arguments.test')) faults.push(`${call}: ${first}`)
  }
  assert.deepEqual(faults, [])
})
