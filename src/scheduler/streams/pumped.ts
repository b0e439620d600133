import { ShutDown } from '../checks/state-errors.js'
import { Greenlet } from '../greenlets/greenlet.js'
import { scope } from '../groups/scope.js'
import type { Coroutine } from '../kernel/frames.js'
import type { Queue } from '../queues/queue.js'
import { Stage, type Input, type Items } from './stage.js'

/** The items of all sources as they come: a greenlet reads each source ahead as far as `queue` has room. @internal */
export class Pumped<T> extends Stage<T, T> {
  private reader: Greenlet<void> | undefined

  constructor(
    sources: readonly Items<T>[],
    private readonly queue: Queue<T>,
    where: string,
  ) {
    super(sources, where)
  }

  protected *pull(): Coroutine<IteratorResult<T, unknown>> {
    const reader = (this.reader ??= this.startReading())
    try {
      return { done: false, value: yield* this.queue.get() }
    } catch (error) {
      if (!(error instanceof ShutDown)) throw error
      // Raises what a source raised.
      yield* reader
      return { done: true, value: undefined }
    }
  }

  protected override *close(): Coroutine<void> {
    if (this.reader !== undefined) yield* this.reader.kill()
    yield* super.close()
  }

  private startReading(): Greenlet<void> {
    const reader = new Greenlet<void>(() => this.readAll())
    // A stream that is not read any more is no reason for a program to go on.
    reader.daemon = true
    // An error waits for the caller who comes when the items before it are gone.
    reader.link(() => {
      this.queue.shutdown()
    })
    return reader.start()
  }

  private *readAll(): Coroutine<void> {
    const { inputs, queue } = this
    yield* scope(function* (readers) {
      for (const input of inputs) readers.spawn(read, input, queue)
    })
  }
}

function* read<T>(input: Input<T>, queue: Queue<T>): Coroutine<void> {
  for (;;) {
    const item = yield* input.next()
    if (item.done === true) return
    yield* queue.put(item.value)
  }
}
