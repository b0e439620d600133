import type { Host } from '../kernel/host.js'
import type { CallerFrame, LibraryCall, Place } from '../stacks/stack.js'
import { fateOfCall, type Fate } from './call-fate.js'
import { ProgramText } from './program-text.js'

/** Functions of the platform that drop what their callbacks return. */
const DROPPING =
  /\bat (?:Array|Set|Map|\w+Array)\.forEach \(|\((?:node:(?:internal\/timers|events):|ext:deno_node\/(?:internal\/timers|_events)\.)/

/** Finds out what becomes of the values of calls, from the text of the program. */
export class CallFates {
  private readonly known = new Map<string, Fate>()
  private last: { readonly address: string; readonly program: ProgramText | undefined } | undefined

  constructor(private readonly host: Host) {}

  /** That of a call of the library: a function that returns the value leaves the decision to its caller. */
  of({ callers }: LibraryCall): Exclude<Fate, 'passed'> {
    // Something is awaited there: the operation was made later, by the library for itself.
    if (/^\s*at async /.test(callers[0]?.text ?? '')) return 'kept'
    for (const [depth, frame] of callers.entries()) {
      const fate = this.inFrame(frame)
      if (fate !== 'passed') return fate === 'unknown' && depth > 0 ? 'kept' : fate
    }
    return 'kept'
  }

  private inFrame({ text, place }: CallerFrame): Fate {
    if (place === undefined) return DROPPING.test(text) ? 'dropped' : 'kept'
    const known = this.known.get(text)
    if (known !== undefined) return known
    const program = this.programAt(place)
    const fate = program === undefined ? 'unknown' : fateOfCall(program, place.line, place.column)
    this.known.set(text, fate)
    return fate
  }

  private programAt({ address }: Place): ProgramText | undefined {
    if (this.last?.address !== address) {
      const source = this.host.readProgram?.(address)
      this.last = { address, program: source === undefined ? undefined : new ProgramText(source) }
    }
    return this.last?.program
  }
}
