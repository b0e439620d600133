import { Worker, type WorkerOptions } from 'node:worker_threads'

/** Starts one of the {@link threadMain | programs of the library}. @internal */
export function startThread(program: URL | string, options: WorkerOptions): Worker {
  return new Worker(program, { ...options, eval: typeof program === 'string' })
}
