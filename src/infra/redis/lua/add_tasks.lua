-- add_tasks: store new tasks of one queue, each with its dedupe key. All of them or, on a full server, none: the first
-- write is then refused. A task whose id is stored already is left as it is, so the call may be repeated.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, { field, value, … } }, … }, or 7 and all after it: one plain task, see lone.lua
--   returns packed { now, whether the queue was unknown until now, { id of the key's holder or false, … } }, or now
--           alone, a number, where the one plain task is stored and the queue was known
-- needs: lone, storing, past
local is_new_queue = redis.call('EXISTS', KEYS[1] .. ':counts') == 0
revive_queue()
local holders = {}
local tasks = ARGV[7] and { { ARGV[7], { unpack(ARGV, 9) } } } or cmsgpack.unpack(ARGV[4])
for at, task in ipairs(tasks) do
  local id, flat = unpack(task)
  holders[at] = store_new(id, flat) or false
end
write_new()
redis.call('PUBLISH', ARGV[5], '')
return cmsgpack.pack({ now, is_new_queue, holders })
