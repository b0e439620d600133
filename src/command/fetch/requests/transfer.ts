import type { Target } from '../input/target.js'
import type { Failure } from './failure.js'

/** The outcome of a URL. */
export type Outcome = 'fetched' | 'failed' | 'given up' | 'never begun'

/** How long the parts of an attempt took, in milliseconds; `undefined` for those that it did not get to. */
export interface Times {
  dns: number | undefined
  connect: number | undefined
  tls: number | undefined
  firstByte: number | undefined
  total: number | undefined
}

/** When an attempt ran, in milliseconds on the clock of the hub. */
export interface Attempt {
  readonly start: number
  /** When the head of the answer was there; absent if it never came. */
  answer?: number | undefined
  end: number
}

/** A URL, and what became of it so far. */
export class Transfer {
  outcome: Outcome | undefined
  readonly attempts: Attempt[] = []
  /** The last answer's status; `undefined` when none came. */
  status: number | undefined
  /** The size of the body as far as it came. */
  size = 0
  /** Where the body was saved. */
  file: string | undefined
  checksum: string | undefined
  failure: Failure | undefined
  times: Times = noTimes()

  constructor(readonly target: Target) {}

  /** Its line in the manifest: an object of JSON. */
  toJSON(): object {
    const { target, outcome, status, times, size, file, checksum, attempts, failure } = this
    const { number, url, options } = target
    return {
      n: number,
      url,
      name: options?.name,
      outcome,
      status: status ?? null,
      times: {
        dns: rounded(times.dns),
        connect: rounded(times.connect),
        tls: rounded(times.tls),
        firstByte: rounded(times.firstByte),
        total: rounded(times.total),
      },
      size,
      file: file ?? null,
      checksum,
      attempts: attempts.length,
      error: failure?.message ?? null,
      code: failure?.code,
      kind: failure?.kind,
    }
  }
}

/** The times of an attempt that has not begun. */
export function noTimes(): Times {
  return { dns: undefined, connect: undefined, tls: undefined, firstByte: undefined, total: undefined }
}

function rounded(time: number | undefined): number | null {
  return time === undefined ? null : Math.round(time * 10) / 10
}
