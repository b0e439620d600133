/** Texts by number. Number 0 is the empty one. */
export class Texts {
  private list: string[] = ['']
  private numbers = new Map<string, number>([['', 0]])

  get size(): number {
    return this.list.length
  }

  numberOf(text: string): number {
    let number = this.numbers.get(text)
    if (number === undefined) {
      number = this.list.length
      this.list.push(text)
      this.numbers.set(text, number)
    }
    return number
  }

  all(): readonly string[] {
    return this.list
  }

  /**
   * Forgets those that nothing refers to any more.
   *
   * @param visit calls its argument with each number that is in use; it gives the number to use from now on.
   */
  compact(visit: (renumber: (number: number) => number) => void): void {
    const before = this.list
    const moved = new Map<number, number>([[0, 0]])
    this.list = ['']
    visit((number) => {
      let now = moved.get(number)
      if (now === undefined) {
        now = this.list.length
        this.list.push(before[number]!)
        moved.set(number, now)
      }
      return now
    })
    this.numbers = new Map(this.list.map((text, number) => [text, number]))
  }
}
