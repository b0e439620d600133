/** Functions of the package that give an operation. */
export const OPERATIONS: ReadonlySet<string> = new Set(
  (
    'acquireRelease advance all allSettled any assertSwitches bodyOf call connect consume consumeModule fetch fromCallback idle joinAll killAll listen lookup lookupService race resolve ' +
    'resolve4 resolve6 resolveAny resolveCaa resolveCname resolveMx resolveNaptr resolveNs resolvePtr resolveSoa ' +
    'resolveSrv resolveTxt retry reverse scope select shield sleep socketpair supervise suspend until wait waitAllBlocked waitSignal ' +
    'within withTimeout'
  ).split(' '),
)

/** Functions that start a greenlet. */
export const SPAWNING: ReadonlySet<string> = new Set(['spawn', 'spawnLater'])

/** Functions that run what they are given as a greenlet. */
export const RUNNING: ReadonlySet<string> = new Set([
  ...SPAWNING,
  ...'all allSettled any call Greenlet green race run scope select shield signalHandler withTimeout'.split(' '),
])

/** Methods that do. */
export const RUNNING_METHODS: ReadonlySet<string> = new Set(
  'spawn spawnLater apply applyAsync map imap imapUnordered'.split(' '),
)

/** Methods that act at once, and give an operation only to wait for the end. */
export const ACTING: ReadonlySet<string> = new Set('kill killAll add close reset shutdown terminate'.split(' '))

const acquirable = ['acquire', 'wait']
const server = ['serveForever', 'start', 'stop']
const queue = ['get', 'join', 'peek', 'put']
const group = ['add', 'apply', 'join', 'kill', 'map', 'spawn', 'start', 'waitAvailable']

/** The methods of each class that give an operation. */
export const METHODS: ReadonlyMap<string, readonly string[]> = new Map([
  ['AsyncResult', ['get', 'wait']],
  ['BackdoorServer', server],
  ['Barrier', ['wait']],
  ['BoundedSemaphore', acquirable],
  ['Broadcast', ['put']],
  ['Channel', queue],
  ['CircuitBreaker', ['run']],
  ['Cluster', [...server, 'reload']],
  ['Condition', ['acquire', 'wait', 'waitFor']],
  ['DatagramServer', [...server, 'sendTo']],
  ['DatagramSocket', ['bind', 'connect', 'recv', 'recvFrom', 'send', 'sendTo']],
  ['Event', ['wait']],
  ['Greenlet', ['get', 'join', 'kill']],
  ['GreenletLocal', ['with']],
  ['Group', group],
  ['HTTPServer', server],
  ['Job', ['progress']],
  ['JoinableQueue', queue],
  ['LifoQueue', queue],
  ['Listener', ['accept']],
  ['Lock', acquirable],
  ['Pool', group],
  ['PriorityQueue', queue],
  ['Queue', queue],
  ['RLock', acquirable],
  ['RateLimiter', ['acquire']],
  ['RemoteLock', ['acquire']],
  ['RemotePermit', ['release']],
  ['RemotePool', group],
  ['RemoteRateLimiter', ['acquire']],
  ['RemoteSemaphore', ['acquire']],
  ['Semaphore', acquirable],
  ['ServedConsole', ['stop']],
  ['Socket', 'close readLine recv recvExactly recvUntil reset sendAll shutdown startTLS'.split(' ')],
  ['StreamServer', server],
  ['Subscription', ['get']],
  ['ThreadPool', [...group, 'close']],
  ['WSGIServer', server],
  ['WaitGroup', ['wait']],
  ['Watch', ['changed']],
  ['Watcher', ['changed']],
])

/** The class of the result of an operation, by the function or method of the package that makes it. */
export const RESULTS: ReadonlyMap<string, string> = new Map([
  ['connect', 'Socket'],
  ['listen', 'Listener'],
  ['accept', 'Socket'],
  ['spawn', 'Greenlet'],
  ['start', 'Greenlet'],
])

/** Whether a module is the package, or an entry of it. */
export function isPackage(source: unknown): boolean {
  return typeof source === 'string' && /^gvent(?:\/|$)/.test(source)
}
