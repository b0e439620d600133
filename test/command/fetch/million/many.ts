import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Run } from '../command.js'

/** How a list was fetched. */
export interface Result {
  /** How many lines of the manifest say that a URL was fetched, each of them another one. */
  readonly fetched: number
  /** Lines that say anything else, or something that was said before. */
  readonly others: number
  /** How many requests the server got. */
  readonly requests: number
  /** The exit status of the run that was not killed. */
  readonly status: number | null
  /** How many bytes of memory the program had at its most; 0 where the system does not say. */
  readonly peak: number
}

/** What is told on the way. */
export interface Progress {
  readonly requests: number
  /** In bytes. */
  readonly memory: number
  readonly isResumed: boolean
}

const server = fileURLToPath(import.meta.resolve('./server.js'))
/** The program as it is installed, in a bundle: it takes less memory than its modules one by one. */
const gvent = fileURLToPath(new URL('./dist/bundles/gvent.js', import.meta.resolve('gvent/package.json')))

/**
 * Fetches a list of so many URLs from a server on loopback, kills the program with SIGKILL in the middle, resumes it, and reads
 * the manifest. Bodies are kept nowhere.
 */
export async function fetchMany(count: number, tell: (progress: Progress) => void = () => undefined): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'fetch-many-'))
  const every = Math.max(1, Math.floor(count / 100))
  const peer = fork(server, [String(every)], { execArgv: [] })
  try {
    const [{ port }] = (await once(peer, 'message')) as [{ port: number }]
    const [list, manifest] = [join(folder, 'list'), join(folder, 'manifest.jsonl')]
    await writeList(list, count, port)
    const args = ['--quiet', '--file', list, '--resume', manifest]
    const watch = new Watch(peer, tell)

    const first = watch.start(args, false)
    while (watch.requests < count / 2) await once(peer, 'message')
    first.process.kill('SIGKILL')
    await first.outcome

    const second = watch.start(args, true)
    const { status } = await second.outcome
    const { peak } = watch
    return { ...(await readManifest(manifest, count)), requests: watch.requests, status, peak }
  } finally {
    peer.disconnect()
    await rm(folder, { recursive: true })
  }
}

/** Sees how much memory a run has, each time that the server tells how far it is. */
class Watch {
  requests = 0
  peak = 0
  private run: Run | undefined
  private isResumed = false

  constructor(
    peer: ChildProcess,
    private readonly tell: (progress: Progress) => void,
  ) {
    peer.on('message', (message: { requests?: number }) => {
      if (message.requests !== undefined) this.note(message.requests)
    })
  }

  start(args: readonly string[], isResumed: boolean): Run {
    this.isResumed = isResumed
    this.run = new Run(args, { program: [gvent, 'fetch'] })
    this.run.process.stdout.resume()
    return this.run
  }

  private note(requests: number): void {
    this.requests = requests
    const memory = memoryOf(this.run!.process.pid!)
    this.peak = Math.max(this.peak, memory)
    this.tell({ requests, memory, isResumed: this.isResumed })
  }
}

/** The most that a process has had so far, in bytes. */
function memoryOf(pid: number): number {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}

async function writeList(file: string, count: number, port: number): Promise<void> {
  const stream = createWriteStream(file)
  let block = ''
  for (let index = 1; index <= count; index++) {
    block += `http://127.0.0.1:${port}/${index}\n`
    if (block.length < 65_536 && index < count) continue
    if (!stream.write(block)) await once(stream, 'drain')
    block = ''
  }
  stream.end()
  await once(stream, 'close')
}

async function readManifest(file: string, count: number): Promise<Pick<Result, 'fetched' | 'others'>> {
  const seen = new Uint8Array(count + 1)
  let [fetched, others] = [0, 0]
  for await (const text of createInterface(createReadStream(file))) {
    const { n, url, outcome } = JSON.parse(text) as { n: number; url: string; outcome: string }
    const isFirst = seen[n] === 0 && url.endsWith(`/${n}`)
    seen[n] = 1
    if (isFirst && outcome === 'fetched') fetched++
    else others++
  }
  return { fetched, others }
}
