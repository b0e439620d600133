import { isMainThread, threadId } from 'node:worker_threads'

/** A greenlet that was alive when a recording was taken. Texts are numbers. */
export interface RecordedGreenlet {
  readonly id: number
  readonly name: number
  readonly group: number
  /** The thing that it waits for; 0 when it does not. */
  readonly waitsFor: number
  /** Since when; -1 when it does not. */
  readonly since: number
}

/** A recording. Times are those of `performance.now()`. */
export interface Recording {
  readonly version: 1
  readonly pid: number
  readonly thread: number
  readonly title: string
  readonly node: string
  /** The window. */
  readonly from: number
  readonly to: number
  /** The milliseconds to add for the date. */
  readonly epoch: number
  /** The greenlet whose step was not over, 0 if none's, and when that began. */
  readonly running: number
  readonly began: number
  /** The events, see `readEvents`. */
  readonly cells: Float64Array
  readonly alive: readonly RecordedGreenlet[]
  /** Requests and fetches that were not over. */
  readonly open: readonly { kind: number; greenlet: number; text: number; began: number }[]
  /** Where greenlets of a group are spawned, by its key. */
  readonly places: readonly (readonly [group: string, place: string])[]
  readonly texts: readonly string[]
}

/** The same as JSON can carry it. */
export type PackedRecording = Omit<Recording, 'cells'> & { readonly cells: string }

/** Which program and thread this is. */
export function titleOf(): Pick<Recording, 'pid' | 'thread' | 'title' | 'node'> {
  const title = process.argv[1] ?? process.title
  return { pid: process.pid, thread: isMainThread ? 0 : threadId, title, node: process.versions.node }
}

export function packRecording(recording: Recording): PackedRecording {
  return { ...recording, cells: Buffer.from(recording.cells.buffer).toString('base64') }
}

/** @throws TypeError when it comes from a version that writes other recordings. */
export function unpackRecording(packed: PackedRecording): Recording {
  if (packed.version !== 1) throw new TypeError('the recording comes from another version of gvent')
  const bytes = Buffer.from(packed.cells, 'base64')
  // A buffer of its own: that of a small one begins anywhere in a larger one.
  return { ...packed, cells: new Float64Array(new Uint8Array(bytes).buffer) }
}
