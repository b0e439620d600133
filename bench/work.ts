/**
 * One measured work, with the programs that do it. Each program is a peer: gvent itself, another library, or another
 * language. The cost of every peer is in the same unit, so that gvent's cost divided by a peer's says who is faster.
 */
export type Work = LocalWork | ServerWork

interface AnyWork {
  /** What `--only` takes. */
  readonly name: string
  /** What is done, in one line, for the table. */
  readonly title: string
  readonly unit: 'ns' | 'bytes'
  /** Operations in a round, unless a peer says otherwise. */
  readonly operations: number
  /** Rounds before the measured ones, for the compiler to settle. */
  readonly warmups: number
  /** Measured rounds; the cost of a sample is their median. */
  readonly rounds: number
  /** Flags of Node that the work needs. */
  readonly flags?: readonly string[]
  readonly peers: readonly Peer[]
}

/** A work that is done within the process that is measured. */
export interface LocalWork extends AnyWork {
  /** How a run of a peer becomes a cost. */
  readonly gauge: Gauge
  readonly peers: readonly (JavaScriptPeer | ForeignPeer)[]
}

/** A work that servers do, on which the program in bench/go/load puts load; both in processes of their own. */
export interface ServerWork extends AnyWork {
  /** What the program is to do. */
  readonly load: 'echo' | 'http' | 'latency' | 'upload' | 'download' | 'accept' | 'hold'
  /** What is measured: what the load says that an operation costs, or the memory or the processor time of the server. */
  readonly measure: 'load' | 'memory' | 'idleness'
  /** How many connections it opens, unless a peer says otherwise. */
  readonly connections: number
  readonly peers: readonly (ServerPeer | ForeignPeer)[]
}

/** One program that does a work. */
export type Peer = JavaScriptPeer | ServerPeer | ForeignPeer

interface AnyPeer {
  readonly name: string
  /** Operations in a round, where the work's number would take too long or too much memory. */
  readonly operations?: number
  /** The peer's share of the work's description: what it does differently, for the reader of the table. */
  readonly note?: string
  /** In a work that is done at several sizes: whose line in the chart this is a point of, and how many tasks there are. */
  readonly series?: string
  readonly size?: number
  /** Whose cost is divided by this peer's; `gvent`, if unset and if there is one. */
  readonly dividend?: string
  /** The goal: that ratio must not be greater. */
  readonly goal?: number
  /** The goal: the cost itself must not be greater. */
  readonly atMost?: number
  /** The goal: the cost of the dividend must not be greater by more than this. */
  readonly surplus?: number
}

/** A peer that runs on Node. */
export interface JavaScriptPeer extends AnyPeer {
  /** Loads the library, so that a process holds only the one it measures, and gives the program. */
  readonly load: () => Promise<Run>
}

/** A server that runs on Node. */
export interface ServerPeer extends AnyPeer {
  /** Loads the library and starts the server on loopback. @returns the port. */
  readonly serve: () => Promise<number>
  /** How many connections are opened, where the comparison is with another number. */
  readonly connections?: number
}

/** A peer in another language: the command of the same name in bench/go or bench/python. */
export interface ForeignPeer extends AnyPeer {
  readonly language: 'go' | 'python'
  readonly connections?: number
  /** What the program is asked to do. */
  readonly work: string
}

/** Does `operations` operations. What it resolves to is for the gauge: a measured cost, or objects to keep alive. */
export type Run = (operations: number) => Promise<unknown>

/** Runs one round and gives the cost of one operation. */
export type Gauge = (run: Run, operations: number) => Promise<number>
