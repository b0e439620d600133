import { conformance } from './stream-conformance.js'
import { tcp, tls, unix } from './stream-pairs.js'

conformance(tcp)
conformance(unix)
conformance(tls)
