-- examine_queue: what must agree in a queue. Changes nothing.
--   KEYS  1 the queue's prefix
--   ARGV  3 the name of the consumer group
--   returns packed { entries delivered and not acknowledged, leases, next tasks in the outbox, lanes in which a task
--           waits, types whose counts are wrong }
-- needs: recount, places
local function pending_of(stream)
  local summary = redis.pcall('XPENDING', stream, ARGV[3])
  return pending_in(summary)
end

local pending = pending_of(KEYS[1] .. ':claimed')
for _, level in ipairs(redis.call('HKEYS', KEYS[1] .. ':tails')) do
  pending = pending + pending_of(KEYS[1] .. ':line:' .. level)
end
local leases, parcels = redis.call('ZCARD', KEYS[1] .. ':leases'), redis.call('HLEN', KEYS[1] .. ':outbox')
return cmsgpack.pack({ pending, leases, parcels, redis.call('ZCARD', KEYS[1] .. ':levels'), #wrong_types() })
