/** How often each mark of `sometimes` was met, and how often it was hit. */
export class Marks {
  readonly hits: Map<string, number> = new Map<string, number>()

  /** @param expected marks that have to be hit, even if nobody ever comes by. */
  constructor(expected: Iterable<string> = []) {
    for (const label of expected) this.hits.set(label, 0)
  }

  note(label: string, hit: boolean): void {
    this.hits.set(label, (this.hits.get(label) ?? 0) + (hit ? 1 : 0))
  }

  /** The marks that were never hit. */
  get missed(): string[] {
    return Array.from(this.hits.keys()).filter((label) => this.hits.get(label) === 0)
  }
}
