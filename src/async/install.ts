/** Connects the runtime with the scheduler, once, whichever helpers are loaded first. */
import '#platform'
import './kill/combinators.js'
import './kill/promised-call.js'
import './kill/timeout-of-call.js'
import './reports/error-stack.js'
import './reports/listing.js'
import './reports/watching.js'
import './yielded.js'
