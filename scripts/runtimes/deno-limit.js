/* global Deno, clearTimeout, setTimeout */
/** Ends each test of Deno that takes too long, as other runners do: `deno test --preload`, with `GVENT_LIMIT` in milliseconds. */
const { test } = Deno
const limit = Number(Deno.env.get('GVENT_LIMIT'))

Deno.test = Object.assign((given) => test({ ...given, fn: (context) => within(given.fn(context)) }), test)

async function within(body) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`does not end within ${limit} ms`)), limit)
  })
  try {
    await Promise.race([body, late])
  } finally {
    clearTimeout(timer)
  }
}
