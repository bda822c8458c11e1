-- mark_schedule: pause a schedule, or resume it from now on.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { name, mark before, mark after }
--   returns 1, or 0 if there is none or it has another mark
-- needs: moments, schedules
local name, before, after = unpack(cmsgpack.unpack(ARGV[4]))
local last_tick, mark, document = find_schedule(name)
if mark ~= before then
  return 0
end
keep_schedule(name, after == 'a' and now_text or last_tick, after, document)
return 1
