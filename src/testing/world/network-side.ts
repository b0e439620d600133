import type { World } from './world.js'

/** How a world gets its network. */
export interface NetworkSide {
  /** Puts a world on its network. @returns a function that puts back what was there. */
  enter(world: World): () => void
  /** Destroys what a run has left open. @returns whether there was a network at all. */
  end(world: World): Promise<boolean>
}

/** The side that has a network. Without {@link connectWorlds} there is none, as in a browser. */
export let networkSide: NetworkSide = { enter: () => () => undefined, end: () => Promise.resolve(false) }

/** Gives worlds a network. Called once, when Node's entry is loaded. */
export function connectWorlds(side: NetworkSide): void {
  networkSide = side
}
