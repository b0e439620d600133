import { startProgram, type Program } from '../io/program.js'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Starts a program whose inspector, if a signal opens it, takes any free port: two tests must not want the same one.
 */
export function startTarget(source: string, variables: NodeJS.ProcessEnv = {}, ...options: string[]): Program {
  return startProgram(['--inspect-port=0', ...options, '--input-type=module', '--eval', source], variables)
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs `gvent` with arguments. */
export function gvent(...args: (string | number)[]): Promise<Ended> {
  return startProgram([join(root, 'dist', 'command', 'main.js'), ...args.map(String)]).ended
}

/**
 * The text of a program with a greenlet `inPrimary`, one `inThread` in a worker thread, and one `inClusterWorker`. It
 * wants the socket of `GVENT_CONSOLE`, and prints `all are ready`, with the number of the worker.
 */
export const threadsAndCluster: string = `
  import cluster from 'node:cluster'
  import { existsSync } from 'node:fs'
  import { Worker } from 'node:worker_threads'
  import { spawn, sleep } from ${JSON.stringify(import.meta.resolve('gvent'))}
  if (cluster.isPrimary) {
    spawn(function* inPrimary() { yield* sleep(3_600_000) })
    while (!existsSync(process.env.GVENT_CONSOLE)) await sleep(1)
    const text = \`import(${JSON.stringify(import.meta.resolve('gvent'))}).then(({ spawn, sleep }) => {
      spawn(function* inThread() { yield* sleep(3_600_000) })
      require('node:worker_threads').parentPort.postMessage('ready')
    })\`
    const ready = (emitter) => new Promise((resolve) => emitter.once('message', resolve))
    await ready(new Worker(text, { eval: true, execArgv: [] }))
    console.log('all are ready', await ready(cluster.fork()), '.')
  } else {
    spawn(function* inClusterWorker() { yield* sleep(3_600_000) })
    const own = ${JSON.stringify(join(tmpdir(), `gvent-${userInfo().uid}`))} + '/' + process.pid + '.sock'
    while (!existsSync(own)) await sleep(1)
    process.send(process.pid)
  }
`

/** Twenty that wait for a lock whose holder sleeps. */
export const jam = `
  import { spawn, sleep, Lock } from 'gvent'
  const lock = new Lock({ name: 'accounts' })
  spawn(function* nightlyReport() { yield* lock.acquire(); yield* sleep(3_600_000) })
  function* request() { yield* lock.acquire() }
  for (let i = 0; i < 20; i++) spawn(request)
  await sleep(0)
  console.log('jammed')
`

/** One that spins while another one sleeps. */
export const blocked = `
  import { writeSync } from 'node:fs'
  import { spawn, sleep } from 'gvent'
  function hot() { for (;;); }
  spawn(function* patient() { yield* sleep(3_600_000) })
  spawn(function* request() { yield* sleep(1); writeSync(1, 'blocked\\n'); hot() })
`
