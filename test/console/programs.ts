import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProgram, type Program } from '../io/program.js'

export const root: string = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Starts a program whose inspector, if a signal opens it, takes any free port: two tests must not want the same one.
 */
export function startTarget(source: string, variables: NodeJS.ProcessEnv = {}, ...options: string[]): Program {
  return startProgram(['--inspect-port=0', ...options, '--input-type=module', '--eval', source], variables)
}

/** Starts a program, looks into it when it has printed `ready`, and ends it. */
export async function lookInto<T>(
  source: string,
  ready: string,
  look: (pid: number) => Promise<T>,
  variables: NodeJS.ProcessEnv = {},
  ...options: string[]
): Promise<T> {
  const { child, printed } = startTarget(source, variables, ...options)
  try {
    await printed(ready)
    return await look(child.pid!)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
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

const gventURL = JSON.stringify(import.meta.resolve('gvent'))
const ASLEEP = 'yield* sleep(3_600_000)'

/** The text that starts a worker thread with a greenlet `inThread`; it posts a message when that is there. */
export function newThread(work: string = ASLEEP): string {
  const text = `import(${gventURL}).then(({ spawn, sleep }) => {
    spawn(function* inThread() { ${work} })
    require('node:worker_threads').parentPort.postMessage('ready')
  })`
  return `new Worker(${JSON.stringify(text)}, { eval: true, execArgv: [] })`
}

/**
 * Starts a program with a greenlet `inPrimary`, one `inThread` in a worker thread, and one `inClusterWorker`, which all do
 * the same work, and ends it after the check. It has a socket for questions.
 */
export async function withThreadsAndCluster(
  check: (pid: number, worker: number) => Promise<void>,
  work: string = ASLEEP,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gvent-test-'))
  const program = join(folder, 'program.mjs')
  const source = `
    import cluster from 'node:cluster'
    import { existsSync } from 'node:fs'
    import { Worker } from 'node:worker_threads'
    import { spawn, sleep } from ${gventURL}
    if (cluster.isPrimary) {
      spawn(function* inPrimary() { ${work} })
      while (!existsSync(process.env.GVENT_CONSOLE)) await sleep(1)
      const ready = (emitter) => new Promise((resolve) => emitter.once('message', resolve))
      await ready(${newThread(work)})
      console.log('all are ready', await ready(cluster.fork()), '.')
    } else {
      spawn(function* inClusterWorker() { ${work} })
      const own = ${JSON.stringify(join(tmpdir(), `gvent-${userInfo().uid}`))} + '/' + process.pid + '.sock'
      while (!existsSync(own)) await sleep(1)
      process.send(process.pid)
    }`
  await writeFile(program, source)
  const { child, printed } = startProgram([program], { GVENT_CONSOLE: join(folder, 'console.sock') })
  let text = ''
  child.stdout!.on('data', (chunk: string) => (text += chunk))
  try {
    await printed('.\n')
    await check(child.pid!, Number(/ready (\d+) /.exec(text)![1]))
  } finally {
    const worker = /ready (\d+) /.exec(text)?.[1]
    if (worker !== undefined) process.kill(Number(worker), 'SIGKILL')
    child.kill('SIGKILL')
    await once(child, 'close')
    await rm(folder, { recursive: true })
  }
}

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
