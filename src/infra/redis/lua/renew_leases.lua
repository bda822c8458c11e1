-- renew_leases: let the leases of running tasks end later or sooner: `lease` from now. The version stays as it is.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { { id, fence }, … }, lease in microseconds }
--   returns packed { 0 lost | 1 held | 2 held, and somebody asked to cancel it, … }
-- needs: allow_full, storing
local claims, lease = unpack(cmsgpack.unpack(ARGV[4]))
local answers, leases = {}, {}
for at, claim in ipairs(claims) do
  local id, claimed_fence = unpack(claim)
  local state, fence, cancel = unpack(redis.call('HMGET', task_of(id), 'state', 'fence', 'cancel'))
  answers[at] = 0
  if state == 'r' and fence == claimed_fence then
    answers[at] = cancel and 2 or 1
    redis.call('HSET', task_of(id), 'end', text_of(now + lease))
    gather(leases, KEYS[1] .. ':leases', lease_now + lease, id)
  end
end
send_gathered('ZADD', leases)
if next(leases) then
  local longest = tonumber(redis.call('HGET', KEYS[1] .. ':counts', 'lease') or 0)
  redis.call('HSET', KEYS[1] .. ':counts', 'lease', math.max(lease, longest))
end
return cmsgpack.pack(answers)
