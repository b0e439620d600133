import type { Line } from '../../scheduler/kernel/line.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { NetworkAttempt } from './network.js'
import type { Transport } from './socket-transport.js'

/** `socket.close()`: waits until the descriptor is closed. @internal */
export class Closed extends NetworkAttempt<void> {
  constructor(
    private readonly transport: Transport,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  get line(): Line {
    return this.transport.closing
  }

  isReady(): boolean {
    return this.transport.isGone
  }

  perform(): void {
    // The descriptor is closed already.
  }

  override describe(): string {
    return `${this.transport.toString()}.close`
  }
}
