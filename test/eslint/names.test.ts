import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../package/consumer.js'
import { lint } from './lint.js'

const surface = await readFile(join(root, 'docs', 'api.txt'), 'utf8')
const exported = surface.split(/^export /m)

/** Made by the library only, so that no name tells of which class an object is. */
const UNNAMED = new Set('BaseServer ConnectionServer InputStream OutputStream QueueIterator Scope Sequencer'.split(' '))
/** Act at once. */
const ACTING = /^(?:kill|killAll|add|close|reset|shutdown)$/

const functions = exported
  .filter((text) => /^function [^\n]*(?:\{\n[^}]*\})?\): (?:Operation|Coroutine)</.test(text))
  .map((text) => /^function (\w+)/.exec(text)![1]!)
  .filter((name) => !ACTING.test(name))

test('every function of the package that gives something to wait for is known by its name', () => {
  assert.ok(functions.includes('sleep'))
  const unknown = functions.filter((name) => lint(`import { ${name} } from 'gvent'\n${name}()`).length !== 1)
  assert.deepEqual(unknown, [])
})

test('every method of the package that gives something to wait for is known by its name', () => {
  const classes = new Map(
    exported.flatMap((text) => {
      const [, name, base] = /^(?:abstract )?class (\w+)(?:<[^>]*>)?(?: extends (\w+))?/.exec(text) ?? []
      return name === undefined
        ? []
        : [
            [
              name,
              { base, methods: Array.from(text.matchAll(/^ {2}(\w+)[(<].*\): Operation</gm), ([, method]) => method!) },
            ],
          ]
    }),
  )
  const methodsOf = (name: string | undefined): string[] => {
    const own = classes.get(name ?? '')
    return own === undefined ? [] : [...own.methods, ...methodsOf(own.base)]
  }
  const unknown: string[] = []
  for (const name of classes.keys()) {
    const make = name === 'Greenlet' ? 'spawn(work)' : `new ${name}()`
    for (const method of UNNAMED.has(name) ? [] : methodsOf(name)) {
      const code = `import { ${name === 'Greenlet' ? 'spawn' : name} } from 'gvent'\n${make}.${method}()`
      if (!ACTING.test(method) && lint(code).length !== 1) unknown.push(`${name}.${method}`)
    }
  }
  assert.ok(classes.has('Queue'))
  assert.deepEqual(unknown, [])
})
