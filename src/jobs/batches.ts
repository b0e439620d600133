/** How much goes at a time, in bytes, about. @internal */
export const FULL: number = 1024 * 1024
/** The bytes of an item without its texts, about: some keys and numbers. */
const OVERHEAD = 1024

/** The bytes of an item with such texts, about. @internal */
export function weigh(...texts: readonly unknown[]): number {
  return texts.reduce<number>((sum, text) => sum + (typeof text === 'string' ? text.length : 0), OVERHEAD)
}

interface Asked<I, O> {
  readonly items: readonly I[]
  readonly resolve: (answers: O[]) => void
  readonly reject: (error: unknown) => void
}

/** Sends together what greenlets of one turn ask of a server: one exchange, in place of one for each. @internal */
export class Batches<I, O> {
  private asked: Asked<I, O>[] = []
  private size = 0

  /**
   * @param send returns an answer to each item, in order.
   * @param sizeOf the bytes of an item.
   */
  constructor(
    private readonly send: (items: readonly I[]) => Promise<readonly O[]>,
    private readonly sizeOf: (item: I) => number,
  ) {}

  /** @returns the answers to these items. */
  ask(items: readonly I[]): Promise<O[]> {
    return new Promise((resolve, reject) => {
      for (const item of items) this.size += this.sizeOf(item)
      if (this.asked.push({ items, resolve, reject }) === 1) queueMicrotask(() => this.flush())
      if (this.size >= FULL) this.flush()
    })
  }

  private flush(): void {
    const { asked } = this
    if (asked.length === 0) return
    this.asked = []
    this.size = 0
    this.send(asked.flatMap(({ items }) => items)).then(
      (answers) => {
        let first = 0
        for (const { items, resolve } of asked) resolve(answers.slice(first, (first += items.length)))
      },
      (error: unknown) => {
        for (const { reject } of asked) reject(error)
      },
    )
  }
}
