-- inspect_leases: tell which claims still hold. Changes nothing.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, fence }, … }
--   returns packed { 0 lost | 1 held | 2 held, and somebody asked to cancel it, … }
local answers = {}
for at, claim in ipairs(cmsgpack.unpack(ARGV[4])) do
  local id, claimed_fence = unpack(claim)
  local state, fence, cancel = unpack(redis.call('HMGET', KEYS[1] .. ':task:' .. id, 'state', 'fence', 'cancel'))
  answers[at] = 0
  if state == 'r' and fence == claimed_fence then
    answers[at] = cancel and 2 or 1
  end
end
return cmsgpack.pack(answers)
