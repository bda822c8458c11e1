-- add_tasks: store new tasks of one queue, each with its dedupe key. All of them or, on a full server, none: the first
-- write is then refused. A task whose id is stored already is left as it is, so the call may be repeated.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, { field, value, … } }, … }, or 7 and all after it: plain tasks, see plain.lua
--   returns packed { now, whether the queue was unknown until now, { id of the key's holder or false, … } }, or now
--           alone, a number, where all are stored, none has a key, and the queue was known
-- needs: plain, storing, past
local function given_tasks()
  if not ARGV[7] then
    return cmsgpack.unpack(ARGV[4])
  end
  local tasks, at = {}, 7
  while ARGV[at] do
    local id, _, number = unpack(ARGV, at, at + 2)
    tasks[#tasks + 1] = { id, { unpack(ARGV, at + 3, at + 2 + number) } }
    at = at + 3 + number
  end
  return tasks
end

local is_new_queue = redis.call('EXISTS', KEYS[1] .. ':counts') == 0
revive_queue()
local holders = {}
for at, task in ipairs(given_tasks()) do
  local id, flat = unpack(task)
  holders[at] = store_new(id, flat) or false
end
write_new()
redis.call('PUBLISH', ARGV[5], '')
return cmsgpack.pack({ now, is_new_queue, holders })
