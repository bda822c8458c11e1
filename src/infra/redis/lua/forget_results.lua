-- forget_results: empty the results of completed tasks of one queue whose time is over.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { at most so many }
--   returns how many
-- needs: allow_full, moments
local limit = unpack(cmsgpack.unpack(ARGV[4]))
local results = KEYS[1] .. ':results'
local due = redis.call('ZRANGEBYSCORE', results, '-inf', now_text, 'LIMIT', 0, limit)
for _, id in ipairs(due) do
  local key = KEYS[1] .. ':task:' .. id
  if redis.call('HGET', key, 'state') == 'c' then
    redis.call('HDEL', key, 'result')
    redis.call('HSET', key, 'gone', redis.call('ZSCORE', results, id))
  end
  redis.call('ZREM', results, id)
end
return #due
