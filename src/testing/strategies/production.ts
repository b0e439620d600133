import type { Strategy } from '../choices/strategy.js'

/** Does what happens in production: first come, first served. */
export class Production implements Strategy {
  begin(): boolean {
    return true
  }

  pick(): number {
    return 0
  }

  choose(): number {
    return 0
  }

  rare(): number {
    return 0
  }

  end(): void {
    // There is nothing to learn.
  }
}
