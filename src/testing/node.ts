import nodeCrypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import '../io/node/node-host.js'
import { NetworkOperation } from '../io/net/network.js'
import { endNetwork, enterNetwork } from './network/index.js'
import { connectWorlds } from './world/network-side.js'
import { simulatePlatform } from './world/platform.js'

simulatePlatform({
  crypto: nodeCrypto,
  process,
  openStreams: () => {
    // A pipe is a resource from then on.
    for (const name of ['stdout', 'stderr']) Reflect.get(process, name)
  },
  resourcesUnderWay: () => process.getActiveResourcesInfo(),
  syncExports: syncBuiltinESMExports,
  isOnNetwork: (operation) => operation instanceof NetworkOperation,
})
connectWorlds({ enter: enterNetwork, end: endNetwork })
