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
  syncExports: syncBuiltinESMExports,
  isOnNetwork: (operation) => operation instanceof NetworkOperation,
})
connectWorlds({ enter: enterNetwork, end: endNetwork })
