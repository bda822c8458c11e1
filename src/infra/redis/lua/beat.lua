-- beat: note that a worker is alive, and tell it whether this is still the store that it knows,
-- and what is asked of it. A store that was
-- emptied gets a new id here, and so does one of a release that gave none.
--   KEYS  1 the store's prefix
--   ARGV  3 the consumer group, 4 packed { worker id, what it says of itself, format, an id },
--         6 the store's prefix, '' on a cluster
--   returns packed { the store's id, the order or '', the request for its stacks or '', a sum of the subscriptions
--                    or '', whether there are schedules, bulk operations, and queues that may have to be put in order }
-- needs: allow_full, moments, unrest
local id, document, format, generation = unpack(cmsgpack.unpack(ARGV[4]))
redis.call('HSET', KEYS[1] .. ':workers', id, now_text .. ' ' .. document)
if redis.call('HSETNX', KEYS[1] .. ':about', 'generation', generation) == 1 then
  redis.call('HSETNX', KEYS[1] .. ':about', 'format', format)
  redis.call('SET', KEYS[1] .. ':group', ARGV[3], 'NX')
end
local order, request = unpack(redis.call('HMGET', KEYS[1] .. ':asked', 'order:' .. id, 'stacks:' .. id))
local subscriptions = redis.call('HGETALL', KEYS[1] .. ':subscriptions')
return cmsgpack.pack({
  redis.call('HGET', KEYS[1] .. ':about', 'generation'),
  order or '',
  request or '',
  #subscriptions > 0 and redis.sha1hex(table.concat(subscriptions, '\n')) or '',
  redis.call('EXISTS', KEYS[1] .. ':schedules') == 1,
  redis.call('EXISTS', KEYS[1] .. ':bulk') == 1,
  has_unrest(),
})
