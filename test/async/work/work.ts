/** Async functions as work: compiled natively here, and lowered by those who import them so. */

/** What happens, in order. */
export const log: string[] = []

/** What {@link gives} makes its result with, of what it is called with. */
export const answer: { make: (...args: never[]) => unknown } = { make: () => 7 }

const LONG = 100_000

export async function gives(...args: unknown[]): Promise<unknown> {
  log.push('begun')
  await Promise.resolve()
  return await answer.make(...(args as never[]))
}

export async function fails(): Promise<never> {
  log.push('begun')
  await Promise.resolve()
  throw new Error('failed')
}

export async function waits(): Promise<unknown> {
  try {
    log.push('begun')
    await inner()
    return 7
  } finally {
    log.push('cleans up')
    await Promise.resolve()
    log.push('is clean')
  }
}

const held: ((value?: unknown) => void)[] = []

/** Lets all go on that waits. */
export function release(): void {
  for (const resolve of held.splice(0)) resolve()
}

async function inner(): Promise<void> {
  try {
    await new Promise((resolve) => {
      held.push(resolve)
      setTimeout(resolve, LONG).unref()
    })
  } finally {
    log.push('inner cleans up')
    await Promise.resolve()
    log.push('inner is clean')
  }
}

/** Gives items, and waits for ever after the last. */
export async function* items(count: number, isEndless: boolean): AsyncGenerator<number> {
  try {
    for (let index = 0; index < count; index++) {
      await Promise.resolve()
      yield index
    }
    log.push('begun')
    if (isEndless) await inner()
  } finally {
    log.push('cleans up')
    await Promise.resolve()
    log.push('is clean')
  }
}

/** Gives an item, and fails. */
export async function* failing(): AsyncGenerator<number> {
  yield 0
  await Promise.resolve()
  throw new Error('failed')
}
