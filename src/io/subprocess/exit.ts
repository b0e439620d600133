import type { Line } from '../../scheduler/kernel/line.js'
import type { Wait } from '../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { ExternalAttempt } from '../net/network.js'

/** A process, as far as its end can be waited for. */
export interface Ending {
  /** The greenlets that wait for it. */
  readonly exits: Line
  readonly hasEnded: boolean
  /** The status that it ended with. */
  readonly returnCode: number | null
  toString(): string
}

/** `process.wait()`. @internal */
export class Exit extends ExternalAttempt<number | undefined> {
  constructor(
    private readonly process: Ending,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  get line(): Line {
    return this.process.exits
  }

  isReady(): boolean {
    return this.process.hasEnded
  }

  perform(): number | undefined {
    return this.process.returnCode!
  }

  override expireWait(wait: Wait<number | undefined>): void {
    wait.resolve(undefined)
  }

  override describe(): string {
    return `${this.process.toString()}.wait`
  }
}
