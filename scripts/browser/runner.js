/** The page that runs files of tests, each in a page of its own within it: see page-queue.js. */
let result = {}
for (;;) {
  const answer = await fetch('/work', { method: 'POST', body: JSON.stringify(result) })
  const { number, url, limit } = await answer.json()
  const frame = document.createElement('iframe')
  frame.src = '/'
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
  document.body.append(frame)
  await loaded
  try {
    const run = new frame.contentWindow.Function('url', 'limit', 'return import(url).then(() => runTests(limit))')
    result = { number, results: await run(url, limit) }
  } catch (error) {
    result = { number, error: String(error) }
  }
  frame.remove()
}
