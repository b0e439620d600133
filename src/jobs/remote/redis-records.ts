import { runScript, type IoredisClient, type NodeRedisClient } from '../engines/redis-client.js'
import { LONGEST, type Beginning, type JobRecord, type JobState, type RecordCalls } from './record-calls.js'

// A key is a hash: state, attempt, cancelled, keep, progress, outcome.
const common = `
local state = redis.call('HGET', KEYS[1], 'state')
local function announce() redis.call('XADD', KEYS[2], 'MAXLEN', '~', 10000, '*', 'id', ARGV[1]) end
`

/**
 * Scripts that Redis runs atomically. The keys are that of the record, and the news; the first argument is the key as
 * it is watched.
 */
const scripts = {
  // keep, how long it is known
  open: `${common}
if state == 'waiting' or state == 'running' or state == 'failed' then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'state', 'waiting', 'attempt', 0, 'keep', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`,

  // attempt, how long it is known
  begin: `${common}
local cancelled = redis.call('HGET', KEYS[1], 'cancelled') == '1'
local keep = tonumber(redis.call('HGET', KEYS[1], 'keep') or '0')
if not cancelled then
  redis.call('HSET', KEYS[1], 'state', 'running', 'attempt', ARGV[2], 'keep', keep)
  redis.call('HDEL', KEYS[1], 'outcome')
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return {cancelled and 1 or 0, keep > 0 and 1 or 0}`,

  pause: `${common}
if state == 'running' then redis.call('HSET', KEYS[1], 'state', 'waiting') end
return 1`,

  // progress
  report: `${common}
if state then redis.call('HSET', KEYS[1], 'progress', ARGV[2]) end
return 1`,

  // state, outcome
  end: `${common}
if not state then return 0 end
local keep = tonumber(redis.call('HGET', KEYS[1], 'keep'))
if keep > 0 then
  redis.call('HSET', KEYS[1], 'state', ARGV[2], 'outcome', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], keep)
else
  redis.call('DEL', KEYS[1])
end
announce()
return 1`,

  cancel: `${common}
if state ~= 'waiting' and state ~= 'running' then return '' end
if state == 'waiting' then state = 'cancelled' end
redis.call('HSET', KEYS[1], 'state', state, 'cancelled', 1)
announce()
return state`,
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

/** The records of jobs in Redis. @internal */
export class RedisRecords implements RecordCalls {
  /** @param news the stream of the news. */
  constructor(
    private readonly client: IoredisClient | NodeRedisClient,
    private readonly news: string,
  ) {}

  open(key: string, keep: number, delay: number): Promise<unknown> {
    return this.run('open', key, Math.ceil(keep), Math.ceil(LONGEST + delay))
  }

  async begin(key: string, attempt: number): Promise<Beginning> {
    const [isCancelled, isKept] = (await this.run('begin', key, attempt, LONGEST)) as [number, number]
    return { isCancelled: isCancelled === 1, isKept: isKept === 1 }
  }

  pause(key: string): Promise<unknown> {
    return this.run('pause', key)
  }

  report(key: string, progress: string): Promise<unknown> {
    return this.run('report', key, progress)
  }

  end(key: string, state: JobState, outcome: string): Promise<unknown> {
    return this.run('end', key, state, outcome)
  }

  async cancel(key: string): Promise<JobState | undefined> {
    const state = (await this.run('cancel', key)) as JobState | ''
    return state === '' ? undefined : state
  }

  async look(keys: readonly string[]): Promise<(JobRecord | undefined)[]> {
    const found = (await runScript(this.client, look, keys.map(keyOf), [])) as string[][]
    return found.map(recordOf)
  }

  forget(keys: readonly string[]): Promise<unknown> {
    return runScript(this.client, forget, keys.map(keyOf), [])
  }

  private run(script: keyof typeof scripts, key: string, ...args: (string | number)[]): Promise<unknown> {
    return runScript(this.client, scripts[script], [keyOf(key), this.news], [key, ...args])
  }
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
