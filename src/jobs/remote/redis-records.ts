import { Batches, weigh } from '../batches.js'
import { runScript, type IoredisClient, type NodeRedisClient } from '../engines/redis-client.js'
import {
  LONGEST,
  type Beginning,
  type JobRecord,
  type JobState,
  type Opened,
  type RecordCalls,
} from './record-calls.js'

// A record is a hash: state, attempt, cancelled, keep, progress, outcome.
const common = `
local news = KEYS[1]
local function announce(key) redis.call('XADD', news, 'MAXLEN', '~', 10000, '*', 'id', key) end
`

/**
 * Scripts that Redis runs atomically, each for many records. The keys are the news and those of the records; the arguments
 * of each record follow each other.
 */
const scripts = {
  // keep, how long it is known
  open: `${common}
for i = 2, #KEYS do
  local state = redis.call('HGET', KEYS[i], 'state')
  if not state or state == 'done' or state == 'cancelled' then
    redis.call('DEL', KEYS[i])
    redis.call('HSET', KEYS[i], 'state', 'waiting', 'attempt', 0, 'keep', ARGV[i * 2 - 3])
    redis.call('PEXPIRE', KEYS[i], ARGV[i * 2 - 2])
  end
end
return {}`,

  // attempt, how long it is known
  begin: `${common}
local answers = {}
for i = 2, #KEYS do
  local found = redis.call('HMGET', KEYS[i], 'cancelled', 'keep')
  local cancelled, keep = found[1] == '1', tonumber(found[2] or '0')
  if not cancelled then
    redis.call('HSET', KEYS[i], 'state', 'running', 'attempt', ARGV[i * 2 - 3], 'keep', keep)
    redis.call('HDEL', KEYS[i], 'outcome')
    redis.call('PEXPIRE', KEYS[i], ARGV[i * 2 - 2])
  end
  answers[i - 1] = {cancelled and 1 or 0, keep > 0 and 1 or 0}
end
return answers`,

  pause: `${common}
for i = 2, #KEYS do
  if redis.call('HGET', KEYS[i], 'state') == 'running' then redis.call('HSET', KEYS[i], 'state', 'waiting') end
end
return {}`,

  // progress
  report: `${common}
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('HSET', KEYS[i], 'progress', ARGV[i - 1]) end
end
return {}`,

  // its key as it is watched, state, outcome
  end: `${common}
for i = 2, #KEYS do
  local keep = redis.call('HGET', KEYS[i], 'keep')
  if keep then
    if tonumber(keep) > 0 then
      redis.call('HSET', KEYS[i], 'state', ARGV[i * 3 - 4], 'outcome', ARGV[i * 3 - 3])
      redis.call('PEXPIRE', KEYS[i], keep)
    else
      redis.call('DEL', KEYS[i])
    end
    announce(ARGV[i * 3 - 5])
  end
end
return {}`,

  // its key as it is watched
  cancel: `${common}
local answers = {}
for i = 2, #KEYS do
  local state = redis.call('HGET', KEYS[i], 'state')
  if state == 'waiting' or state == 'running' then
    if state == 'waiting' then state = 'cancelled' end
    redis.call('HSET', KEYS[i], 'state', state, 'cancelled', 1)
    announce(ARGV[i - 1])
    answers[i - 1] = state
  else
    answers[i - 1] = ''
  end
end
return answers`,
}

/** The state of each of the keys. */
const look = `
local found = {}
for i, key in ipairs(KEYS) do
  local each = redis.call('HMGET', key, 'state', 'attempt', 'cancelled', 'progress', 'outcome')
  for at = 1, 5 do each[at] = each[at] or '' end
  found[i] = each
end
return found`

const forget = `return redis.call('DEL', unpack(KEYS))`

type Script = keyof typeof scripts

/** A record, and the arguments of a script about it. */
type Call = readonly [key: string, ...args: (string | number)[]]

/** The records of jobs in Redis. @internal */
export class RedisRecords implements RecordCalls {
  private readonly batches = new Map<Script, Batches<Call, unknown>>()

  /** @param news the stream of the news. */
  constructor(
    private readonly client: IoredisClient | NodeRedisClient,
    private readonly news: string,
  ) {}

  open(jobs: readonly Opened[]): Promise<unknown> {
    return this.run(
      'open',
      ...jobs.map(({ key, keep, delay }) => [key, Math.ceil(keep), Math.ceil(LONGEST + delay)] as const),
    )
  }

  async begin(key: string, attempt: number): Promise<Beginning> {
    const [answer] = await this.run('begin', [key, attempt, LONGEST])
    const [isCancelled, isKept] = answer as [number, number]
    return { isCancelled: isCancelled === 1, isKept: isKept === 1 }
  }

  pause(key: string): Promise<unknown> {
    return this.run('pause', [key])
  }

  report(key: string, progress: string): Promise<unknown> {
    return this.run('report', [key, progress])
  }

  end(key: string, state: JobState, outcome: string): Promise<unknown> {
    return this.run('end', [key, key, state, outcome])
  }

  async cancel(key: string): Promise<JobState | undefined> {
    const [state] = await this.run('cancel', [key, key])
    return state === '' ? undefined : (state as JobState)
  }

  async look(keys: readonly string[]): Promise<(JobRecord | undefined)[]> {
    const found = (await runScript(this.client, look, keys.map(keyOf), [])) as string[][]
    return found.map(recordOf)
  }

  forget(keys: readonly string[]): Promise<unknown> {
    return runScript(this.client, forget, keys.map(keyOf), [])
  }

  private run(script: Script, ...calls: Call[]): Promise<unknown[]> {
    const batch = this.batches.get(script) ?? new Batches((all) => this.send(script, all), weighCall)
    this.batches.set(script, batch)
    return batch.ask(calls)
  }

  private send(script: Script, calls: readonly Call[]): Promise<unknown[]> {
    const keys = [this.news, ...calls.map(([key]) => keyOf(key))]
    const args = calls.flatMap(([, ...rest]) => rest)
    return runScript(this.client, scripts[script], keys, args) as Promise<unknown[]>
  }
}

function weighCall(call: Call): number {
  return weigh(...call)
}

function keyOf(key: string): string {
  return `gvent:{fleet}:job:${key}`
}

function recordOf([state, attempt, cancelled, progress, outcome]: string[]): JobRecord | undefined {
  if (state === '') return undefined
  return {
    state: state as JobState,
    attempt: Number(attempt),
    isCancelled: cancelled === '1',
    progress: progress === '' ? undefined : progress,
    outcome: outcome === '' ? undefined : outcome,
  }
}
