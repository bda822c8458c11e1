-- list_workers: the workers that beat lately; those unseen for a day are forgotten.
--   KEYS  1 the store's prefix
--   ARGV  4 packed { microseconds }
--   returns packed { now, { { moment of the beat, '' if there is none, what the worker said, the order or '' }, … } }
-- needs: moments, forget_worker
local FORGOTTEN_AFTER = 86400000000
local within = unpack(cmsgpack.unpack(ARGV[4]))
local seen = {}
local flat = redis.call('HGETALL', KEYS[1] .. ':workers')
for at = 1, #flat, 2 do
  local moment, document = string.match(flat[at + 1], '^(%d+) (.*)$')
  if not moment then
    seen[#seen + 1] = { '', flat[at + 1], '' } -- somebody else wrote it
  elseif tonumber(moment) < now - FORGOTTEN_AFTER then
    forget_worker(flat[at])
  elseif tonumber(moment) >= now - within then
    seen[#seen + 1] = { moment, document, redis.call('HGET', KEYS[1] .. ':asked', 'order:' .. flat[at]) or '' }
  end
end
return cmsgpack.pack({ now, seen })
