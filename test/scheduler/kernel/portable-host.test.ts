import assert from 'node:assert/strict'
import { test } from 'node:test'
import { portableHost } from '#scheduler/kernel/host'

test('a report has the message of an error where the stacks of the engine have none', () => {
  const error = new TypeError('torn')
  // As V8 writes it.
  error.stack =
    'TypeError: torn\n    at tear (http://localhost/page.js:1:2)\n    at http://localhost/@scope/page.js:3:4'
  assert.equal(portableHost.inspect(error), error.stack)
  // As Firefox and Safari write it.
  error.stack = 'tear@http://localhost/page.js:1:2\n@http://localhost/page.js:3:4\n'
  assert.equal(portableHost.inspect(error), `TypeError: torn\n${error.stack}`)
  error.stack = '@http://localhost/page.js:3:4'
  assert.equal(portableHost.inspect(error), `TypeError: torn\n${error.stack}`)
  error.stack = 'TypeError: torn'
  assert.equal(portableHost.inspect(error), 'TypeError: torn')
})
