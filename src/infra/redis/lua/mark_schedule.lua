-- mark_schedule: pause a schedule, or resume it from now on.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { name, mark before, mark after }
--   returns packed { last tick, now }, or packed {} if there is none or it has another mark
-- needs: moments, schedules
local name, before, after = unpack(cmsgpack.unpack(ARGV[4]))
local last_tick, mark, document = find_schedule(name)
if mark ~= before then
  return cmsgpack.pack({})
end
last_tick = after == 'a' and now_text or last_tick
keep_schedule(name, last_tick, after, document)
return cmsgpack.pack({ last_tick, now_text })
