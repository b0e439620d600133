/** Ordinary async functions, that know nothing of gvent: compiled natively here, and lowered by those who import them so. */
export const log: string[] = []

function note(...parts: unknown[]): void {
  log.push(parts.join(' '))
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, milliseconds).unref())
const LONG = 100_000

export async function leaf(id: number): Promise<number> {
  try {
    note('leaf', id)
    await sleep(LONG)
    return id
  } finally {
    note('leaf cleans up', id)
    await Promise.resolve()
    note('leaf is clean', id)
  }
}

export async function middle(id: number): Promise<number> {
  try {
    return await leaf(id)
  } finally {
    note('middle cleans up')
    await Promise.resolve()
    note('middle is clean')
  }
}

export async function direct(): Promise<number> {
  try {
    return await middle(1)
  } finally {
    note('direct cleans up')
  }
}

export async function all(): Promise<unknown> {
  try {
    return await Promise.all([leaf(1), leaf(2), sleep(LONG)])
  } finally {
    note('all cleans up')
  }
}

export async function settled(): Promise<unknown> {
  try {
    return await Promise.allSettled([leaf(1), leaf(2)])
  } finally {
    note('settled cleans up')
  }
}

export async function race(): Promise<unknown> {
  try {
    return await Promise.race([leaf(1), sleep(LONG)])
  } finally {
    note('race cleans up')
  }
}

export async function any(): Promise<unknown> {
  return await Promise.any([leaf(1), leaf(2)])
}

export async function nested(): Promise<unknown> {
  return await Promise.all(new Set([Promise.race([leaf(1), leaf(2)]), middle(3)]))
}

export async function mapped(): Promise<unknown> {
  return await Promise.all(
    [1, 2, 3].map(async (id) => {
      await leaf(id)
      return id
    }),
  )
}

export async function returned(): Promise<number> {
  return leaf(1)
}

export async function awaitsReturned(): Promise<number> {
  try {
    return await returned()
  } finally {
    note('outer cleans up')
  }
}

export async function stored(): Promise<number> {
  const promise = leaf(1)
  await Promise.resolve()
  return await promise
}

const cache = new Map<string, Promise<number>>()

export async function cached(key: string, work: () => Promise<number>): Promise<number> {
  let promise = cache.get(key)
  if (promise === undefined) cache.set(key, (promise = work()))
  return await promise
}

export async function combines(key: string, work: () => Promise<number>): Promise<number[]> {
  let promise = cache.get(key)
  if (promise === undefined) cache.set(key, (promise = work()))
  return await Promise.all([promise])
}

export async function allTwice(): Promise<number[]> {
  const promise = leaf(1)
  return await Promise.all([promise, promise])
}

export async function chained(): Promise<number> {
  return await leaf(1).then((value) => value + 1)
}

export async function background(): Promise<void> {
  void leaf(1)
  await sleep(LONG)
}

export async function given(promise: Promise<number>): Promise<number> {
  return await promise
}

export async function swallows(): Promise<string> {
  try {
    await sleep(LONG)
  } catch (error) {
    note('swallowed', (error as Error).name)
  }
  return 'went on'
}

export async function overSwallows(): Promise<string> {
  const value = await swallows()
  note('got', value)
  await sleep(LONG)
  return 'end'
}

export async function failsInCleanup(): Promise<void> {
  try {
    await sleep(LONG)
  } finally {
    // eslint-disable-next-line no-unsafe-finally -- it is what is tested
    throw new Error('cleanup failed')
  }
}

export async function* generator(): AsyncGenerator<number> {
  try {
    for (let index = 0; ; index++) {
      yield index
      if (index === 1) await sleep(LONG)
    }
  } finally {
    note('generator cleans up')
    await Promise.resolve()
    note('generator is clean')
  }
}

export async function iterates(): Promise<void> {
  try {
    for await (const item of generator()) note('item', item)
  } finally {
    note('iterates cleans up')
  }
}

export async function waitsInLoop(): Promise<void> {
  for await (const item of generator()) {
    note('item', item)
    await sleep(LONG)
  }
}

export async function insists(): Promise<void> {
  for (;;) {
    try {
      await sleep(LONG)
    } catch {
      note('insists')
    }
  }
}

export async function quick(value: number): Promise<number> {
  await Promise.resolve()
  return value
}

export async function fails(): Promise<never> {
  await Promise.resolve()
  throw new Error('failed')
}

/** An ordinary function that is given something of gvent to await. */
export async function awaits<T>(operation: PromiseLike<T>): Promise<T> {
  try {
    return await operation
  } finally {
    note('awaits cleans up')
  }
}

export async function calls(fn: () => unknown): Promise<unknown> {
  try {
    return await fn()
  } finally {
    note('calls cleans up')
  }
}

export async function storeIn(getStore: () => unknown): Promise<void> {
  try {
    await sleep(LONG)
  } finally {
    note('store', getStore())
  }
}

/** The body of a scope. */
export async function beside(scope: { spawn(fn: () => unknown): unknown }, fn: () => unknown): Promise<void> {
  scope.spawn(fn)
  await direct()
}

/** Awaits what never happens. */
export async function never(keep?: (resolve: (value: unknown) => void) => void): Promise<unknown> {
  return await new Promise((resolve) => {
    keep?.(resolve)
  })
}

export async function twice(promise: Promise<unknown>): Promise<void> {
  note('got', await promise)
  await sleep(LONG)
  note('went on')
}

/** A handler of a web server. */
export async function answers({ url }: { readonly url: string }): Promise<Response> {
  if (url.endsWith('/slow')) await leaf(1)
  await Promise.resolve()
  return new Response('answer')
}

/** Fails three calls further in, the middle one of which awaits several. */
export async function callsThree(): Promise<unknown> {
  const three = async (): Promise<never> => {
    await Promise.resolve()
    throw new Error('deep')
  }
  async function two(): Promise<unknown> {
    return await three()
  }
  async function several(): Promise<unknown> {
    return await Promise.all([two(), quick(1)])
  }
  return await several()
}

/** Runs for some time without waiting, behind an `await`. */
export async function crunches(milliseconds: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1))
  const end = Date.now() + milliseconds
  let turns = 0
  while (Date.now() < end) turns++
  return turns
}

/** Limits what it awaits by a timeout of its own. */
export async function limits<T>(timeout: { start(): unknown; close(): void }, work: () => Promise<T>): Promise<T> {
  await Promise.resolve()
  timeout.start()
  try {
    return await work()
  } catch (error) {
    note('raised', (error as Error).name)
    throw error
  } finally {
    timeout.close()
    await Promise.resolve()
    note('limits is clean')
  }
}

/** A second limit around one. */
export async function limitsTwice(
  outer: { start(): unknown; close(): void },
  inner: () => Promise<unknown>,
): Promise<unknown> {
  outer.start()
  try {
    return await inner()
  } finally {
    outer.close()
  }
}
