import { call, getHub, type Operation } from '../../scheduler/index.js'
import { MemoryRecords } from '../remote/memory-records.js'
import type { Bucket, FleetStore, Standing, StoreCalls } from './store.js'

/**
 * A store in the memory of this process: for tests, and for a fleet of one. Programs change over to another one without a
 * change to what they do with it.
 */
export function memoryStore(): FleetStore {
  return new MemoryStore()
}

/** The waiting holders, in order, with the time until which each keeps its place. */
type WaitingLine = Map<string, number>

interface Places {
  readonly line: WaitingLine
  readonly held: Map<string, { fence: number; until: number }>
  fence: number
}

interface Tokens {
  readonly line: WaitingLine
  /** How many each in line wants. */
  readonly wanted: Map<string, number>
  readonly taken: Set<string>
  /** When the bucket will be full again. */
  fullAt: number
}

class MemoryStore implements FleetStore, StoreCalls {
  readonly records: MemoryRecords = new MemoryRecords((key) => this.watchers.get(key)?.())
  private readonly places = new Map<string, Places>()
  private readonly tokens = new Map<string, Tokens>()
  private readonly watchers = new Map<string, () => void>()

  get calls(): StoreCalls {
    return this
  }

  enter(name: string, id: string, places: number, lease: number): Standing {
    const now = getHub().now()
    const { line, held } = this.placesOf(name)
    const mine = held.get(id)
    if (mine !== undefined) mine.until = now + lease
    if (mine !== undefined) return { fence: mine.fence, pause: 0 }
    line.set(id, now + lease)
    if (Array.from(line.keys()).indexOf(id) >= places - held.size) {
      const first = Math.min(...Array.from(held.values(), ({ until }) => until))
      return { fence: 0, pause: Math.max(1, first - now) }
    }
    line.delete(id)
    const fence = ++this.places.get(name)!.fence
    held.set(id, { fence, until: now + lease })
    return { fence, pause: 0 }
  }

  extend(name: string, id: string, lease: number): boolean {
    const mine = this.placesOf(name).held.get(id)
    if (mine !== undefined) mine.until = getHub().now() + lease
    return mine !== undefined
  }

  leave(name: string, id: string, places: number): boolean {
    const { line, held } = this.placesOf(name)
    line.delete(id)
    const wasHeld = held.delete(id)
    for (const next of Array.from(line.keys()).slice(0, Math.max(0, places - held.size))) this.watchers.get(next)?.()
    return wasHeld
  }

  take(name: string, id: string, { interval, capacity, tokens }: Bucket, patience: number): number {
    const now = getHub().now()
    const bucket = this.tokensOf(name)
    const { line, wanted, taken } = bucket
    if (taken.has(id)) return 0
    line.set(id, now + patience)
    wanted.set(id, tokens)
    let after = Math.max(now, bucket.fullAt)
    for (const each of line.keys()) {
      after += wanted.get(each)! * interval
      if (each === id) break
    }
    const pause = after - now - capacity * interval
    const isFirst = line.keys().next().value === id
    if (pause > 1e-6 || !isFirst) return Math.max(1, pause)
    bucket.fullAt = after
    taken.add(id)
    line.delete(id)
    return 0
  }

  putBack(name: string, id: string, { interval, tokens }: Bucket): void {
    const bucket = this.tokensOf(name)
    bucket.line.delete(id)
    if (bucket.taken.delete(id)) bucket.fullAt -= tokens * interval
    const next = bucket.line.keys().next().value
    if (next !== undefined) this.watchers.get(next)?.()
  }

  isWatching(): boolean {
    return true
  }

  watch(id: string, wake: () => void): () => void {
    this.watchers.set(id, wake)
    return () => this.watchers.delete(id)
  }

  close(): Operation<void> {
    return call(() => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private placesOf(name: string): Places {
    const places: Places = this.places.get(name) ?? { line: new Map(), held: new Map(), fence: 0 }
    this.places.set(name, places)
    const now = getHub().now()
    for (const [id, { until }] of places.held) if (until <= now) places.held.delete(id)
    forget(places.line, now)
    return places
  }

  private tokensOf(name: string): Tokens {
    const tokens: Tokens = this.tokens.get(name) ?? { line: new Map(), wanted: new Map(), taken: new Set(), fullAt: 0 }
    this.tokens.set(name, tokens)
    const now = getHub().now()
    forget(tokens.line, now)
    return tokens
  }
}

/** Lets those go who were not heard of for too long. */
function forget(line: WaitingLine, now: number): void {
  for (const [id, until] of line) if (until <= now) line.delete(id)
}
