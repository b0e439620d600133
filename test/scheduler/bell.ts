import { Line, Operation, type Wait, type WaitOptions } from 'gvent/scheduler'

/** A bell that hands each ring to one who waits; it notes what the kernel asks of it. */
export class Bell {
  readonly log: string[] = []
  readonly waits = new Line<string, unknown, Listen>()

  listen(options?: WaitOptions): Operation<string> {
    return new Listen(this, options)
  }

  ring(text: string): boolean {
    return this.waits.shift()?.resolve(text) ?? false
  }

  takeLog(): string[] {
    return this.log.splice(0)
  }
}

export class Listen extends Operation<string> {
  constructor(
    private readonly bell: Bell,
    options?: WaitOptions,
  ) {
    super(options)
  }

  beginWait(wait: Wait<string, unknown, this>): void {
    this.bell.log.push('begin')
    this.bell.waits.add(wait)
  }

  cancelWait(wait: Wait<string, unknown, this>): void {
    this.bell.log.push('cancel')
    this.bell.waits.remove(wait)
  }

  override undoWait(_wait: Wait<string>, value: string): void {
    this.bell.log.push(`undo ${value}`)
    this.bell.ring(value)
  }
}
