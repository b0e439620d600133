import { Production } from './production.js'

/**
 * Production's order, but for one exception: at the first opportunity in the first run, at the second in the next, and
 * so on; then the same with the other exceptions that there are.
 */
export class StrikeOnce extends Production {
  private target = -1
  private position = 0
  private isDone = false

  /** @param exceptions which of the possibilities of a rare choice are tried. */
  constructor(private readonly exceptions: readonly number[]) {
    super()
  }

  override begin(): boolean {
    this.target++
    this.position = 0
    return !this.isDone
  }

  override rare(): number {
    const { exceptions, target } = this
    const isHere = this.position++ === Math.floor(target / exceptions.length)
    return isHere ? exceptions[target % exceptions.length]! : 0
  }

  override end(): void {
    const { target, exceptions } = this
    if (target >= 0) this.isDone = this.position <= Math.floor(target / exceptions.length)
  }
}
