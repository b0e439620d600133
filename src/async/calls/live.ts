/** Neighbours in a list of live calls. @internal */
export interface Links {
  next: Links | null
  previous: Links | null
}

/** So many calls share one weak reference. */
const CHUNK = 64
/** So many chunks are kept before those are looked for that are empty. */
const FEW_CHUNKS = 256

/** Calls in a ring: each is reached from each, so that one that can go on keeps its chunk and none else does. */
class Chunk implements Links {
  next: Links = this
  previous: Links = this

  get isEmpty(): boolean {
    return this.next === this
  }
}

/**
 * The calls that have not ended. A list that kept them would keep those, too, that nothing can wake any more, which the
 * engine collects; a weak reference for each would cost more than a call does. So 64 share one.
 */
let chunk = new Chunk()
let size = CHUNK
let room = size
let chunks: WeakRef<Chunk>[] = [new WeakRef(chunk)]
let limit = FEW_CHUNKS

/** Notes a call that awaits for the first time. @internal */
export function enlist(call: Links): void {
  const { previous } = chunk
  call.next = chunk
  call.previous = previous
  previous.next = call
  chunk.previous = call
  if (--room === 0) beginChunk()
}

/** From now on none keeps a neighbour, so that each is collected as soon as it is lost. @internal */
export function keepApart(): void {
  size = 1
  beginChunk()
}

/** Notes that it has ended. @internal */
export function strike(call: Links): void {
  const { next, previous } = call
  previous!.next = next
  next!.previous = previous
  call.next = call.previous = null
}

function beginChunk(): void {
  chunk = new Chunk()
  room = size
  chunks.push(new WeakRef(chunk))
  if (chunks.length <= limit) return
  chunks = chunks.filter((reference) => {
    const kept = reference.deref()
    return kept !== undefined && (kept === chunk || !kept.isEmpty)
  })
  limit = Math.max(FEW_CHUNKS, chunks.length * 2)
}

/** Everything that was noted and has not ended, in the order in which it was. @internal */
export function* enlisted(): Generator<Links, void, undefined> {
  for (const reference of chunks) {
    const kept = reference.deref()
    if (kept === undefined) continue
    for (let link = kept.next; link !== kept; link = link.next!) yield link
  }
}
