-- fire_schedule: decide upon all ticks of a schedule up to a moment, and store their tasks.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { name, last tick as the caller knows it, last tick from now on, { task, … } }
--   returns 1, or 2 if the queue was unknown until now, or 0 if the schedule is paused, gone, or has another last tick
-- needs: storing, schedules, past
local name, known, tick, tasks = unpack(cmsgpack.unpack(ARGV[4]))
local last_tick, mark, document = find_schedule(name)
if last_tick ~= known or mark ~= 'a' then
  return 0
end
local is_new_queue = redis.call('EXISTS', KEYS[1] .. ':counts') == 0
revive_queue()
keep_schedule(name, tick, mark, document)
for _, task in ipairs(tasks) do
  local id, flat = unpack(task)
  store_new(id, flat)
end
write_new()
redis.call('PUBLISH', ARGV[5], '')
return is_new_queue and 2 or 1
