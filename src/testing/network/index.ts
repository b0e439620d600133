import { Socket as NodeSocket } from 'node:net'
import { network as usedNetwork, type Network } from '../../io/net/network.js'
import { currentWorld, findWorld } from '../world/current.js'
import { allOf } from '../world/replacement.js'
import type { World } from '../world/world.js'
import { destroyDispatcher, dispatcherOf } from './dispatcher.js'
import { SimulatedNetwork } from './simulated-network.js'
import { putOnNetwork } from './node-side.js'
import { simulateHTTP } from './patched-http.js'
import { simulateNet } from './patched-net.js'

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
 * Puts a world on its network, unless it is to use the real one: all that is gvent's own, and `node:net`, with `node:http`, if that
 * is patched.
 *
 * @returns a function that puts back what was there.
 */
export function enterNetwork(world: World): () => void {
  if (world.options.network === null) return () => undefined
  const { current } = usedNetwork
  const restoreNet = allOf([simulateNet(() => networkOf(world)), simulateHTTP()])
  usedNetwork.current = simulatedNetwork
  return () => {
    usedNetwork.current = current
    restoreNet()
  }
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

/** The network of `connect`, `listen` and `fetch` in a simulation. */
const simulatedNetwork: Network = {
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
  makeSocket: (options) => putOnNetwork(new NodeSocket(options), networkOf(findWorld()!)).node,
  listen: (server, options) => {
    networkOf(findWorld()!).listen(server, options)
  },
}
