-- inspect_leases: tell which claims still hold. Changes nothing.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, fence }, … }
--   returns packed { 0 lost | 1 held | 2 held, and somebody asked to cancel it, … }
local answers = {}
for at, claim in ipairs(cmsgpack.unpack(ARGV[4])) do
  local task = redis.call('HMGET', KEYS[1] .. ':task:' .. claim[1], 'state', 'fence', 'cancel')
  answers[at] = 0
  if task[1] == 'r' and task[2] == claim[2] then
    answers[at] = task[3] and 2 or 1
  end
end
return cmsgpack.pack(answers)
