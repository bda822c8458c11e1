-- check_access: which commands the user may not run, of those that scripts run. Each is tried on the store's `group`,
-- which is a string: whoever may run it is told that this is the wrong type, or options, so nothing is changed.
--   KEYS  1 the store's `group`
--   returns packed { command as an ACL names it, … }
local key = KEYS[1]
local tries = {
  { 'time' }, { 'exists', key }, { 'get', key }, { 'set', key, '', 'NX', 'XX' }, { 'del', key .. ':nothing' },
  { 'hset', key, '', '' }, { 'hsetnx', key, '', '' }, { 'hget', key, '' }, { 'hmget', key, '' }, { 'hgetall', key },
  { 'hdel', key, '' }, { 'hlen', key }, { 'hkeys', key }, { 'hexists', key, '' }, { 'hincrby', key, '', 1 },
  { 'hscan', key, 0 }, { 'sadd', key, '' }, { 'smembers', key },
  { 'zadd', key, 0, '' }, { 'zrem', key, '' }, { 'zscore', key, '' }, { 'zcard', key }, { 'zcount', key, 0, 0 },
  { 'zrange', key, 0, 0 }, { 'zrangebyscore', key, 0, 0 }, { 'zrevrange', key, 0, 0 }, { 'zrangebylex', key, '-', '+' },
  { 'zrevrangebylex', key, '+', '-' },
  { 'xadd', key, '*', '', '' }, { 'xack', key, 'group', '0-1' }, { 'xdel', key, '0-1' }, { 'xlen', key },
  { 'xrange', key, '-', '+' }, { 'xpending', key, 'group' },
  { 'xreadgroup', 'GROUP', 'group', 'consumer', 'STREAMS', key, '>' },
  { 'xgroup|create', key, 'group', '0' }, { 'xgroup|delconsumer', key, 'group', 'consumer' },
  { 'xinfo|stream', key }, { 'xinfo|groups', key }, { 'xinfo|consumers', key, 'group' },
}

-- What a script's user may not do has other words in each of 6.2, 7.0 and 7.2, and not always a code.
local function is_refusal(text)
  for _, sign in ipairs({ 'NOPERM', 'ACL failure in script', "The user executing the script can't" }) do
    if string.find(text, sign, 1, true) then
      return true
    end
  end
  return false
end

local refused = {}
for _, try in ipairs(tries) do
  local name, call = table.remove(try, 1), {}
  for word in string.gmatch(name, '[^|]+') do
    call[#call + 1] = word
  end
  for _, argument in ipairs(try) do
    call[#call + 1] = argument
  end
  local reply = redis.pcall(unpack(call))
  if type(reply) == 'table' and reply.err and is_refusal(reply.err) then
    refused[#refused + 1] = name
  end
end
return cmsgpack.pack(refused)
