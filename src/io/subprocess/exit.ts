import type { Wait } from '../../scheduler/kernel/wait.js'
import type { WaitOptions } from '../../scheduler/kernel/wait-options.js'
import { OutsideOperation } from '../net/network.js'
import type { Popen } from './popen.js'

/** `process.wait()`. @internal */
export class Exit extends OutsideOperation<number | undefined> {
  constructor(
    private readonly process: Pick<Popen, 'beginExit' | 'cancelExit' | 'toString'>,
    options: WaitOptions | undefined,
  ) {
    super(options)
  }

  beginWait(wait: Wait<number | undefined>): void {
    this.process.beginExit(wait)
  }

  cancelWait(wait: Wait<number | undefined>): void {
    this.process.cancelExit(wait)
  }

  override expireWait(wait: Wait<number | undefined>): void {
    wait.resolve(undefined)
  }

  override describe(): string {
    return `${this.process.toString()}.wait`
  }
}
