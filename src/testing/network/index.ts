import type { Network } from '../../io/network.js'
import { currentWorld, findWorld } from '../current.js'
import type { World } from '../world.js'
import { destroyDispatcher, dispatcherOf } from './dispatcher.js'
import { SimulatedNetwork } from './simulated-network.js'
import { SimulatedSocket } from './simulated-socket.js'

const networks = new WeakMap<World, SimulatedNetwork>()

// Made when it is needed: most simulated programs use none.
function networkOf(world: World): SimulatedNetwork {
  let network = networks.get(world)
  if (network === undefined) {
    network = new SimulatedNetwork(world, world.options.network ?? {})
    networks.set(world, network)
  }
  return network
}

/**
 * The network of the simulation that runs: its hosts, what is done to them, and what is open.
 *
 * ```ts
 * const server = network().host('server')
 * server.spawn(serve)                              // listens there
 * const socket = yield* connect({ host: 'server', port: 80 })
 * network().partition('server')
 * ```
 *
 * @throws Error outside of a simulation.
 */
export function network(): SimulatedNetwork {
  return networkOf(currentWorld('network()'))
}

/**
 * Destroys what a run has left open: Node and its `fetch` watch over connections with timers of the platform, and these
 * would go on long after the run. @returns whether there was a network at all.
 */
export async function endNetwork(world: World): Promise<boolean> {
  const network = networks.get(world)
  if (network === undefined) return false
  await destroyDispatcher(network)
  network.destroySockets()
  return true
}

/** What `connect`, `listen` and `fetch` use in a simulation. @internal */
export const simulatedNetwork: Network = {
  isSimulated: true,
  get dispatcher() {
    return dispatcherOf(networkOf(findWorld()!))
  },
  get questions() {
    return networkOf(findWorld()!).questions
  },
  lookup: (hostname, options, callback) => {
    networkOf(findWorld()!).lookup(hostname, options, callback)
  },
  makeSocket: (options) => new SimulatedSocket(networkOf(findWorld()!), options),
  listen: (server, options) => {
    networkOf(findWorld()!).listen(server, options)
  },
}
