import assert from 'node:assert/strict'
import { test } from 'node:test'

/** The parsers whose work is counted, each with its inputs by size. */
interface Parser {
  readonly inputs: Readonly<Record<string, (size: number) => unknown>>
  readonly parse: (input: unknown) => unknown
}

test('the parsers whose work is counted parse their inputs', async () => {
  const script = new URL('../../../scripts/linear/parsers.js', import.meta.url)
  const { parsers } = (await import(script.href)) as { parsers: Readonly<Record<string, Parser>> }
  assert.ok(Object.keys(parsers).length > 20)
  for (const { inputs, parse } of Object.values(parsers)) {
    for (const make of Object.values(inputs)) await parse(make(100))
  }
})
