import type { Frames } from './frames.js'
import type { AmbientContext } from './host.js'
import type { Interruptions } from './interruptions.js'
import type { Wait } from './wait.js'

/**
 * What few greenlets have, apart from them: where 100,000 are alive, most of the time of a spawn goes by the size of the
 * object.
 * @internal
 */
export class Particulars {
  label: string | undefined = undefined
  spawnStack: { stack?: string } | undefined = undefined
  inherited: ReadonlyMap<object, unknown> | null = null
  interruptions: Interruptions | null = null
  callers: Frames['callers'] = null
  context: AmbientContext | undefined = undefined
  callWait: Wait<unknown> | null = null

  /** Its greenlet has ended: what it needed to run goes. */
  end(): void {
    this.inherited = this.interruptions = this.callers = this.callWait = null
    this.context = undefined
  }
}
