/** `import 'gvent/monkey/all'` patches all that can be patched, and tells the compiler what can be waited for since. */
import '../node/node-host.js'
import './types.js'
import { patchAll } from './patch-all.js'

patchAll()
