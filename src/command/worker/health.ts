import { HTTPServer } from '../../io/index.js'
import type { Coroutine } from '../../scheduler/index.js'
import type { Board, ProcessState } from './board.js'

/** The worker that the endpoint speaks of. */
interface Subject {
  readonly board: Board
  readonly name: string
  readonly engine: string
  /** Whether it is about to end. */
  readonly isStopping: () => boolean
}

/**
 * Makes the server of `--health`: `/live` says that the worker is there, `/ready` whether a process takes jobs from an engine
 * that answers, `/` all that runs.
 */
export function healthServer(address: { host: string; port: number }, subject: Subject): HTTPServer {
  return new HTTPServer(address, (request: Request): Response | Coroutine<Response> => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return json({ error: 'only GET' }, 405)
    switch (new URL(request.url).pathname) {
      case '/live':
        return json({ live: true })
      case '/ready':
        return readiness(subject)
      case '/':
        return overview(subject)
    }
    return json({ error: 'there are /, /live and /ready' }, 404)
  })
}

function* readiness(subject: Subject): Coroutine<Response> {
  const reason = whyNotReady(yield* subject.board.read(), subject.isStopping())
  return reason === undefined ? json({ ready: true }) : json({ ready: false, reason }, 503)
}

function* overview({ board, name, engine, isStopping }: Subject): Coroutine<Response> {
  const processes = yield* board.read()
  const reason = whyNotReady(processes, isStopping())
  return json({
    name,
    engine,
    pid: process.pid,
    ready: reason === undefined,
    reason,
    jobs: board.sum(processes),
    processes: processes.map(({ activity, ...each }) => {
      const { running, tally, trouble } = activity ?? {}
      return {
        ...each,
        uptime: Math.round(each.uptime),
        answers: activity !== undefined,
        running,
        jobs: tally,
        trouble,
      }
    }),
  })
}

function whyNotReady(processes: readonly ProcessState[], isStopping: boolean): string | undefined {
  if (isStopping) return 'it stops'
  const ready = processes.filter(({ state }) => state === 'ready')
  if (ready.length === 0) return 'no process takes jobs'
  const [first] = ready
  const isCutOff = ready.every(({ activity }) => activity?.trouble !== undefined)
  return isCutOff ? `the engine: ${first!.activity!.trouble!}` : undefined
}

function json(value: object, status = 200): Response {
  return new Response(`${JSON.stringify(value)}\n`, { status, headers: { 'content-type': 'application/json' } })
}
