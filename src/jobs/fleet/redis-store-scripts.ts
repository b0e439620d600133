/*
 * What Redis does at one go. The keys: those in line, by the order in which they came; those in line, by the time until which
 * their place in line is kept; a hash; the news. Of a semaphore the hash has the numbers, and two more keys have those with a
 * place, by the time until which it is theirs, and their fencing numbers. Of a limiter the hash has what each in line wants,
 * and the numbers, and one more key those who have taken tokens a short while ago.
 */
const common = `
if redis.replicate_commands then redis.replicate_commands() end
local line, kept, numbers, news = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local id = ARGV[1]
local function unqueue(who)
  redis.call('ZREM', kept, who)
  return redis.call('ZREM', line, who) == 1
end
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', kept, '-inf', now)) do unqueue(gone) end
local function queue(patience)
  if not redis.call('ZSCORE', line, id) then
    redis.call('ZADD', line, redis.call('HINCRBY', numbers, 'ticket', 1), id)
  end
  redis.call('ZADD', kept, now + patience, id)
end
`

const semaphore = `${common}
local held, fences = KEYS[5], KEYS[6]
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', held, '-inf', now)) do
  redis.call('ZREM', held, gone)
  redis.call('HDEL', fences, gone)
end
local function give(id, till)
  local fence = redis.call('HINCRBY', numbers, 'fence', 1)
  redis.call('HSET', fences, id, fence)
  redis.call('ZADD', held, till, id)
  return fence
end
`

const limiter = `${common}
local taken = KEYS[5]
local function wakeFirst()
  for _, next in ipairs(redis.call('ZRANGE', line, 0, 0)) do
    redis.call('XADD', news, 'MAXLEN', '~', 1000, '*', 'id', next)
  end
end
local interval, capacity, tokens = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local full = tonumber(redis.call('HGET', numbers, 'full') or '0')
local function fill(at)
  redis.call('HSET', numbers, 'full', string.format('%.6f', at))
  -- An unused limiter is full, so its keys may expire.
  for _, key in ipairs({line, kept, numbers, taken}) do
    redis.call('PEXPIRE', key, math.ceil(math.max(0, at - now)) + 60000)
  end
end
`

/** The scripts, with their arguments in front. @internal */
export const storeScripts: Readonly<Record<'enter' | 'extend' | 'leave' | 'take' | 'putBack', string>> = {
  // id, places, lease
  enter: `${semaphore}
local places, lease = tonumber(ARGV[2]), tonumber(ARGV[3])
local fence = redis.call('HGET', fences, id)
if fence then
  redis.call('ZADD', held, now + lease, id)
  return {tonumber(fence), 0}
end
local free = places - redis.call('ZCARD', held)
if redis.call('ZCARD', line) >= free then
  queue(lease)
  if redis.call('ZRANK', line, id) >= free then
    local first = redis.call('ZRANGE', held, 0, 0, 'WITHSCORES')
    return {0, first[2] and math.ceil(first[2] - now) or lease, time[1] * 1000 + math.floor(time[2] / 1000)}
  end
  unqueue(id)
end
return {give(id, now + lease), 0}`,

  // id, lease
  extend: `${semaphore}
if not redis.call('ZSCORE', held, id) then return 0 end
redis.call('ZADD', held, now + tonumber(ARGV[2]), id)
return 1`,

  // id, places
  leave: `${semaphore}
local had = redis.call('ZREM', held, id)
if had == 1 then redis.call('HDEL', fences, id) else unqueue(id) end
-- The first in line get the places, for as long as they would have been kept in line, and read so in the news.
local free = tonumber(ARGV[2]) - redis.call('ZCARD', held)
if free > 0 then
  for _, next in ipairs(redis.call('ZRANGE', line, 0, free - 1)) do
    local fence = give(next, redis.call('ZSCORE', kept, next))
    unqueue(next)
    redis.call('XADD', news, 'MAXLEN', '~', 1000, '*', 'id', next, 'fence', fence)
  end
end
return had`,

  // id, interval, capacity, tokens, patience
  take: `${limiter}
if redis.call('ZSCORE', taken, id) then return '0' end
queue(tonumber(ARGV[5]))
redis.call('HSET', numbers, id, tokens)
local after = math.max(now, full)
local rank = redis.call('ZRANK', line, id)
for _, each in ipairs(redis.call('ZRANGE', line, 0, rank)) do
  after = after + tonumber(redis.call('HGET', numbers, each) or '0') * interval
end
local pause = after - now - capacity * interval
if pause > 0.001 or rank > 0 then
  fill(math.max(now, full))
  return string.format('%.3f', math.max(1, pause))
end
unqueue(id)
redis.call('HDEL', numbers, id)
redis.call('ZREMRANGEBYSCORE', taken, '-inf', now - 60000)
redis.call('ZADD', taken, now, id)
fill(after)
wakeFirst()
return '0'`,

  // id, interval, capacity, tokens
  putBack: `${limiter}
unqueue(id)
redis.call('HDEL', numbers, id)
if redis.call('ZREM', taken, id) == 1 then fill(full - tokens * interval) end
wakeFirst()
return 1`,
}
