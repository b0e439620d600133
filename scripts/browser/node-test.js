/** As much of `node:test` as the tests of the scheduler need, for a page: `test`, `before`, `after`, `afterEach`. */
const tests = []
const hooks = { before: [], after: [], afterEach: [] }

export function test(name, options, body = options) {
  tests.push({ name, body, ...(typeof options === 'object' ? options : {}) })
}

test.skip = (name) => test(name, { skip: true }, () => undefined)

export const before = (hook) => hooks.before.push(hook)
export const after = (hook) => hooks.after.push(hook)
export const afterEach = (hook) => hooks.afterEach.push(hook)

/** Runs what the file has declared. An error that nobody handles fails the test that runs. */
globalThis.runTests = async (limit) => {
  const results = []
  for (const hook of hooks.before) await hook()
  for (const { name, body, skip, todo } of tests) {
    if (skip || todo) {
      results.push({ name, skipped: true })
      continue
    }
    results.push({ name, error: await runTest(body, limit) })
  }
  for (const hook of hooks.after) await hook()
  return results
}

/** The error that a test ended with, as a text. */
async function runTest(body, limit) {
  let unhandled
  const note = (event) => {
    event.preventDefault()
    unhandled ??= event.reason ?? event.error
  }
  addEventListener('unhandledrejection', note)
  addEventListener('error', note)
  const ended = []
  const context = { after: (hook) => ended.push(hook), diagnostic: () => undefined, skip: () => undefined }
  context.test = (_name, options, inner = options) => inner(context)
  let timer
  try {
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('did not end')), limit)))
    await Promise.race([body(context), late])
    for (const hook of [...ended, ...hooks.afterEach]) await hook()
    // Rejections are announced in a task of their own.
    await new Promise((resolve) => setTimeout(resolve, 0))
    if (unhandled !== undefined) throw unhandled
    return undefined
  } catch (error) {
    const stack = String(error?.stack ?? '')
    // Only V8 begins it with the message.
    return stack.startsWith(String(error)) ? stack : `${error}\n${stack}`
  } finally {
    clearTimeout(timer)
    removeEventListener('unhandledrejection', note)
    removeEventListener('error', note)
  }
}
