import type { Operation } from '../../scheduler/kernel/operation.js'

/** The parts of a platform that a simulation replaces, beyond the globals that all platforms have. */
export interface SimulatedPlatform {
  /** The module `node:crypto`, or null where there is none. */
  readonly crypto: object | null
  /** `process.hrtime` and its object, or null where there is none. */
  readonly process: { hrtime: { bigint(): bigint } } | null
  /** Opens what the platform opens when it is first used, and what is under way from then on. */
  openStreams(): void
  /** Names the resources that are under way, each as often as there are of it; `undefined` where that is not known. */
  resourcesUnderWay(): string[] | undefined
  /** Hands on to ES modules that a property of a module of the platform's was replaced. */
  syncExports(): void
  /** Whether an operation uses sockets, of which the platform tells a tick later. */
  isOnNetwork(operation: Operation<unknown>): boolean
}

/** The platform that is simulated. Without {@link simulatePlatform} it has nothing but globals, as a browser. */
export let platform: SimulatedPlatform = {
  crypto: null,
  process: null,
  openStreams: () => undefined,
  resourcesUnderWay: () => undefined,
  syncExports: () => undefined,
  isOnNetwork: () => false,
}

/** Simulates more of the platform. Called once, when Node's entry is loaded. */
export function simulatePlatform(more: SimulatedPlatform): void {
  platform = more
}
