/*
 * What Redis does at one go. The keys: the stream of the jobs that may be delivered; the ids of those that are to come later,
 * by the time; the ids that there are, with what is known of each; the stream of dead letters. Known is of a job in the stream
 * its entry, of one that is to come later its data, and of a dead letter its entry, after a `!`.
 *
 * There is one consumer. How often an entry was delivered tells its deliveries apart: the last one has the lease.
 */
const common = `
if redis.replicate_commands then redis.replicate_commands() end
local jobs, later, ids, dead = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local group, consumer = 'gvent', 'worker'
local function enter(id, data, attempt, delay)
  if tonumber(delay) > 0 then
    redis.call('ZADD', later, now + tonumber(delay), id)
    redis.call('HSET', ids, id, cmsgpack.pack({data, tostring(attempt)}))
  else
    redis.call('HSET', ids, id, redis.call('XADD', jobs, '*', 'id', id, 'data', data, 'attempt', attempt))
  end
end
local function fields(list)
  local found = {}
  for i = 1, #list, 2 do found[list[i]] = list[i + 1] end
  return found
end
local function times(entry)
  local pending = redis.call('XPENDING', jobs, group, entry, entry, 1)
  return pending[1] and pending[1][4] or 0
end
`

const group = `
redis.pcall('XGROUP', 'CREATE', jobs, group, '0', 'MKSTREAM')
`

const owned = `
local entry, id = ARGV[1], ARGV[3]
if redis.call('EXISTS', jobs) == 0 or times(entry) ~= tonumber(ARGV[2]) then return 0 end
`

const leave = `
redis.call('XACK', jobs, group, entry)
redis.call('XDEL', jobs, entry)
`

const letter = `
local function read(found)
  local each = fields(found[2])
  return {each.id, each.data, each.attempt, each.error, each.at}
end
`

const buried = `
local id = ARGV[1]
local entry = string.match(redis.call('HGET', ids, id) or '', '^!(.*)')
local found = entry and redis.call('XRANGE', dead, entry, entry)[1]
`

/** The scripts, with their arguments in front. @internal */
export const scripts: Readonly<
  Record<
    'add' | 'remove' | 'take' | 'ack' | 'retry' | 'discard' | 'extend' | 'list' | 'look' | 'putBack' | 'drop',
    string
  >
> = {
  // id, data, delay of each
  add: `${common}
for i = 1, #ARGV, 3 do
  if redis.call('HEXISTS', ids, ARGV[i]) == 0 then enter(ARGV[i], ARGV[i + 1], 0, ARGV[i + 2]) end
end
return {}`,

  // id
  remove: `${common}${group}
local id = ARGV[1]
local entry = redis.call('HGET', ids, id)
if not entry or string.sub(entry, 1, 1) == '!' then return 0 end
if redis.call('ZREM', later, id) == 0 and (times(entry) > 0 or redis.call('XDEL', jobs, entry) == 0) then return 0 end
redis.call('HDEL', ids, id)
return 1`,

  // max, lease or 0 to look for new jobs only
  take: `${common}${group}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, 1000)) do
  local data, attempt = unpack(cmsgpack.unpack(redis.call('HGET', ids, id)))
  redis.call('ZREM', later, id)
  enter(id, data, attempt, 0)
end
local max, rows = tonumber(ARGV[1]), {}
local function add(entry, times)
  local found = fields(entry[2])
  rows[#rows + 1] = {entry[1], times, found.id or entry[1], found.data or '', found.attempt or '0'}
end
if ARGV[2] ~= '0' then
  local cursor = '0-0'
  repeat
    local stale = redis.call('XAUTOCLAIM', jobs, group, consumer, ARGV[2], cursor, 'COUNT', max - #rows)
    cursor = stale[1]
    for _, entry in ipairs(stale[2]) do
      if entry and entry[2] then add(entry, times(entry[1])) end
    end
  until cursor == '0-0' or #rows >= max
end
if #rows < max then
  local read = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', max - #rows, 'STREAMS', jobs, '>')
  if read then
    for _, entry in ipairs(read[1][2]) do add(entry, 1) end
  end
end
if #rows > 0 then return {rows} end
local next = redis.call('ZRANGE', later, 0, 0, 'WITHSCORES')
local last = fields(redis.call('XINFO', 'STREAM', jobs))['last-generated-id']
return {rows, last, next[2] and math.max(0, math.ceil(next[2] - now)) or -1}`,

  // entry, times, id
  ack: `${common}${owned}${leave}
redis.call('HDEL', ids, id)
return 1`,

  // entry, times, id, data, attempt, delay
  retry: `${common}${owned}${leave}
enter(id, ARGV[4], ARGV[5], ARGV[6])
return 1`,

  // entry, times, id, data, attempt, error
  discard: `${common}${owned}${leave}
redis.call('HSET', ids, id, '!' ..
  redis.call('XADD', dead, '*', 'id', id, 'data', ARGV[4], 'attempt', ARGV[5], 'error', ARGV[6], 'at', now))
return 1`,

  // entry, times, id
  extend: `${common}${owned}
redis.call('XCLAIM', jobs, group, consumer, 0, entry, 'JUSTID')
return 1`,

  // count
  list: `${common}${letter}
local letters = {}
for _, found in ipairs(redis.call('XRANGE', dead, '-', '+', 'COUNT', ARGV[1])) do letters[#letters + 1] = read(found) end
return letters`,

  // id
  look: `${common}${letter}${buried}
return found and {read(found)} or {}`,

  // id
  putBack: `${common}${buried}
if not found then return 0 end
redis.call('XDEL', dead, entry)
enter(id, fields(found[2]).data, 0, 0)
return 1`,

  // id
  drop: `${common}${buried}
if not found then return 0 end
redis.call('XDEL', dead, entry)
redis.call('HDEL', ids, id)
return 1`,
}
