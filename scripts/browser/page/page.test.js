import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Timeout, run, sleep, spawn, until, withTimeout } from 'gvent/scheduler'
import { explore, simulate } from 'gvent/testing'

/** How many requests for `/never` the server has got, and how many of them were aborted. */
const never = async () => (await fetch('/never-seen')).json()

/** Waits until there are so many. */
async function seen(what, count) {
  while ((await never())[what] < count) await new Promise((resolve) => setTimeout(resolve, 10))
}

test('a fetch of the page is an operation', async () => {
  const text = await run(function* () {
    const response = yield* until((signal) => fetch('/', { signal }))
    return yield* until(response.text())
  })
  assert.match(text, /<title>tests<\/title>/)
})

test('a kill and a timeout abort the request of a page', async () => {
  const before = await never()
  const get = () => until((signal) => fetch('/never', { signal }))
  const killed = spawn(get)
  await seen('begun', before.begun + 1)
  await killed.kill()
  await seen('aborted', before.aborted + 1)
  // The time is up before the request has reached the server? Then it has to be longer.
  for (let milliseconds = 20; (await never()).begun < before.begun + 2; milliseconds *= 2) {
    await assert.rejects(
      run(() => withTimeout(milliseconds, get)),
      Timeout,
    )
  }
  await seen('aborted', before.aborted + 2)
})

test('an AbortSignal of the page ends a wait', async () => {
  const controller = new AbortController()
  const greenlet = spawn(() => sleep(60_000, { signal: controller.signal }))
  controller.abort(new RangeError('the user left'))
  await assert.rejects(Promise.resolve(greenlet), RangeError)
})

test('explore finds a lost update in the page, and simulate skips an hour', async () => {
  await simulate(() => sleep(3_600_000))
  const failure = await explore(function* () {
    let total = 0
    const add = function* () {
      const before = total
      yield* sleep(1)
      total = before + 1
    }
    yield* spawn(add).join()
    const second = [spawn(add), spawn(add)]
    for (const greenlet of second) yield* greenlet.join()
    assert.equal(total, 3, 'an update was lost')
  }).then(
    () => new Error('nothing found'),
    (error) => error,
  )
  assert.match(failure.message, /an update was lost/)
})

test('a page that is left cleans up', async () => {
  const frame = document.createElement('iframe')
  frame.src = '/'
  document.body.append(frame)
  await new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
  const page = frame.contentWindow.document
  const script = page.createElement('script')
  script.type = 'module'
  script.textContent = `
    import { run, sleep } from '/dist/scheduler/development.js'
    run(function* () {
      try { parent.postMessage('running'); yield* sleep(60_000) } finally { parent.postMessage('cleaned up') }
    }).catch(() => undefined)`
  const said = []
  const heard = (text) =>
    new Promise((resolve) => {
      addEventListener('message', ({ data }) => {
        said.push(data)
        if (data === text) resolve()
      })
    })
  const running = heard('running')
  page.body.append(script)
  await running
  const cleaned = heard('cleaned up')
  frame.src = '/?next'
  await cleaned
  assert.ok(said.includes('cleaned up'))
})
