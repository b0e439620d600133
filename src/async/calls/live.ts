/** The entry of a call in the list of live calls. @internal */
export interface Listed {
  /** Where it is listed, once it has lived longer than most calls do. */
  chunk: Chunk | null
  /** Whether it has ended. */
  readonly over: boolean
}

/** So many calls share one weak reference. */
const CHUNK = 64
/** So many chunks are kept before those are looked for that are empty. */
const FEW_CHUNKS = 256

/** Calls of which each reaches each, so that one that can go on keeps its chunk and none else does. */
class Chunk {
  /** How many of them have not ended. */
  left: number

  constructor(public calls: Listed[]) {
    this.left = calls.length
  }
}

/**
 * The calls that have not ended. A list that kept them would keep those, too, that nothing can wake any more, which the
 * engine collects; a weak reference for each would cost more than a call does. So 64 share one. Most calls end soon, and
 * most of those in the reverse order: they leave the newcomers as they came, or are not listed when those are looked
 * through.
 */
const newcomers: (Listed | null)[] = new Array<null>(CHUNK).fill(null)
let arrived = 0
let size = CHUNK
let chunks: WeakRef<Chunk>[] = []
let limit = FEW_CHUNKS
/** So many chunks, and so many newcomers, {@link unseen} has given. */
let chunksSeen = 0
let newcomersSeen = 0

/** Notes a call that awaits for the first time. @internal */
export function enlist(call: Listed): void {
  newcomers[arrived++] = call
  if (arrived === size) settle()
}

/** Notes that it has ended. @internal */
export function strike(call: Listed): void {
  const { chunk } = call
  if (chunk === null) {
    if (newcomers[arrived - 1] !== call) return
    newcomers[--arrived] = null
    if (newcomersSeen > arrived) newcomersSeen = arrived
    return
  }
  call.chunk = null
  if (--chunk.left * 2 < chunk.calls.length) chunk.calls = chunk.calls.filter((other) => !other.over)
}

/** From now on none keeps a neighbour, so that each is collected as soon as it is lost. @internal */
export function keepApart(): void {
  settle()
  size = 1
}

function settle(): void {
  const calls: Listed[] = []
  for (let index = 0; index < arrived; index++) {
    const call = newcomers[index]!
    newcomers[index] = null
    if (!call.over) calls.push(call)
  }
  const wereSeen = newcomersSeen === arrived
  arrived = newcomersSeen = 0
  if (calls.length === 0) return
  const chunk = new Chunk(calls)
  for (const call of calls) call.chunk = chunk
  if (wereSeen && chunksSeen === chunks.length) chunksSeen++
  chunks.push(new WeakRef(chunk))
  if (chunks.length > limit) dropEmpty()
}

function dropEmpty(): void {
  let seen = 0
  chunks = chunks.filter((reference, index) => {
    const isKept = (reference.deref()?.left ?? 0) > 0
    if (isKept && index < chunksSeen) seen++
    return isKept
  })
  chunksSeen = seen
  limit = Math.max(FEW_CHUNKS, chunks.length * 2)
}

/** Everything that was noted and has not ended, in the order in which it was. @internal */
export function* enlisted(): Generator<Listed, void, undefined> {
  yield* since(0, 0)
}

/** Iterates over the calls that were noted since the last time, and have not ended. @internal */
export function* unseen(): Generator<Listed, void, undefined> {
  const [firstChunk, firstNewcomer] = [chunksSeen, newcomersSeen]
  chunksSeen = chunks.length
  newcomersSeen = arrived
  yield* since(firstChunk, firstNewcomer)
}

function* since(firstChunk: number, firstNewcomer: number): Generator<Listed, void, undefined> {
  for (const reference of chunks.slice(firstChunk)) {
    for (const call of reference.deref()?.calls ?? []) if (!call.over) yield call
  }
  for (const call of newcomers.slice(firstNewcomer, arrived)) if (!call!.over) yield call!
}
