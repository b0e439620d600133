import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { run, spawn as spawnGreenlet } from 'gvent'
import { bullProcessor, consume, redisJobs } from 'gvent/jobs'

/** When a job was added, in milliseconds since 1970: a fraction, too. */
export interface JobData {
  readonly at: number
}

/** A worker, and the way jobs get to it. */
export interface Peer {
  readonly name: string
  /** The part of the jobs that it gets: one that takes some milliseconds for each needs no more. */
  readonly share?: number
  readonly openSink: (port: number) => Sink
  /** Starts the worker in a process of its own. */
  readonly startWorker: (port: number, size: number, count: number) => ChildProcess
  /** Takes jobs, in that process. */
  readonly work?: (port: number, size: number, done: (data: JobData) => void) => void
}

/** Adds jobs. */
export interface Sink {
  readonly add: (jobs: readonly JobData[]) => Promise<unknown>
  readonly close: () => Promise<unknown> | void
}

const queueName = 'bench'
const python = '/usr/bin/python3'
const celery = fileURLToPath(new URL('../../../bench/python/celery_jobs.py', import.meta.url))

/** Whether Debian's Python has Celery, with gevent and the client of Redis. */
export async function hasCelery(): Promise<boolean> {
  const child = spawn(python, ['-c', 'import celery, gevent, redis'], { stdio: 'ignore' })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}

function startHere(name: string) {
  return (port: number, size: number, count: number): ChildProcess => {
    const program = fileURLToPath(new URL('worker.js', import.meta.url))
    return spawn(process.execPath, [program, name, String(port), String(size), String(count)], { stdio: 'inherit' })
  }
}

function openBullmq(port: number): Sink {
  const queue = new Queue<JobData>(queueName, { connection: { host: '127.0.0.1', port } })
  const opts = { removeOnComplete: true }
  return {
    add: (jobs) => queue.addBulk(jobs.map((data) => ({ name: 'job', data, opts }))),
    close: () => queue.close(),
  }
}

/** All that is measured, in the order of the table. */
export const peers: readonly Peer[] = [
  {
    name: 'gvent, Redis',
    openSink: (port) => {
      const client = new Redis(port)
      const jobs = redisJobs<JobData>(client, { name: queueName })
      return {
        add: (all) => Promise.all(all.map(async (data) => jobs.add(data))),
        close: () => {
          client.disconnect()
        },
      }
    },
    startWorker: startHere('gvent, Redis'),
    work: (port, size, done) => {
      const jobs = redisJobs<JobData>(new Redis(port), { name: queueName })
      void run(() => spawnGreenlet(() => consume(jobs.source, done, { size })))
    },
  },
  {
    name: 'gvent, BullMQ',
    openSink: openBullmq,
    startWorker: startHere('gvent, BullMQ'),
    work: (port, size, done) => {
      new Worker<JobData>(queueName, bullProcessor(done), {
        connection: { host: '127.0.0.1', port },
        concurrency: size,
      })
    },
  },
  {
    name: 'BullMQ',
    openSink: openBullmq,
    startWorker: startHere('BullMQ'),
    work: (port, size, done) => {
      const processor = ({ data }: { data: JobData }): Promise<void> => Promise.resolve(data).then(done)
      new Worker<JobData>(queueName, processor, { connection: { host: '127.0.0.1', port }, concurrency: size })
    },
  },
  {
    name: 'Celery, gevent',
    share: 0.1,
    openSink: (port) => {
      const child = spawn(python, [celery, 'add', String(port)], { stdio: ['pipe', 'pipe', 'inherit'] })
      return {
        add: async (jobs) => {
          child.stdin.write(`${JSON.stringify(jobs.map(({ at }) => at))}\n`)
          await once(child.stdout, 'data')
        },
        close: async () => {
          child.stdin.end()
          if (child.exitCode === null) await once(child, 'exit')
        },
      }
    },
    startWorker: (port, size, count) =>
      spawn(python, [celery, 'work', String(port), String(size), String(count)], { stdio: 'inherit' }),
  },
]
