/** A figure that was measured, and what it should be. */
export interface Line {
  readonly what: string
  readonly figure: string
  readonly goal?: string
  readonly met?: boolean
}

export interface Task {
  readonly connections: number
  readonly crowd: number
  readonly speakers: number
  readonly greenlets: number
  readonly turns: number
  /** Tells how far it is. */
  readonly say: (text: string) => void
}

/** A part of the run. */
export type Part = (task: Task) => Promise<Line[]>
