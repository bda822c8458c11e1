-- find_expired: running tasks whose lease has run out. Changes nothing: who settles them as lost compares again.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { limit, whether a lease that seems to begin later is left from before the clock was set back }
--   returns packed { lease clock, longest lease in microseconds, { { id, { field, value, … } }, … } }
-- needs: leases
local MOST_BYTES = 16777216
local limit, is_set_back = unpack(cmsgpack.unpack(ARGV[4]))
local key, longest = KEYS[1] .. ':leases', longest_lease()
local ids = redis.call('ZRANGEBYSCORE', key, '-inf', '(' .. text_of(lease_now), 'LIMIT', 0, limit)
if is_set_back then
  local later = '(' .. text_of(lease_now + longest + CLOCK_STEP)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', key, later, '+inf', 'LIMIT', 0, limit)) do
    ids[#ids + 1] = id
  end
end
local found, spent = {}, 0
for at, id in ipairs(ids) do
  if spent > MOST_BYTES then
    break -- the next call finds the others
  end
  local flat = redis.call('HGETALL', KEYS[1] .. ':task:' .. id)
  for place = 1, #flat, 2 do
    spent = spent + (flat[place] == 'payload' and #flat[place + 1] or 0)
  end
  found[at] = { id, flat }
end
return cmsgpack.pack({ lease_now, longest, found })
