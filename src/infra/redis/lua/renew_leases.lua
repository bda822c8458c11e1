-- renew_leases: let the leases of running tasks end later or sooner: `lease` from now. The version stays as it is.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { { id, fence }, … }, lease in microseconds }
--   returns packed { 0 lost | 1 held | 2 held, and somebody asked to cancel it, … }
-- needs: allow_full, storing
local claims, lease = unpack(cmsgpack.unpack(ARGV[4]))
local answers, leases = {}, {}
for at, claim in ipairs(claims) do
  local task = redis.call('HMGET', task_of(claim[1]), 'state', 'fence', 'cancel')
  answers[at] = 0
  if task[1] == 'r' and task[2] == claim[2] then
    answers[at] = task[3] and 2 or 1
    redis.call('HSET', task_of(claim[1]), 'end', text_of(now + lease))
    gather(leases, KEYS[1] .. ':leases', lease_now + lease, claim[1])
  end
end
send_gathered('ZADD', leases)
if next(leases) then
  local longest = tonumber(redis.call('HGET', KEYS[1] .. ':counts', 'lease') or 0)
  redis.call('HSET', KEYS[1] .. ':counts', 'lease', math.max(lease, longest))
end
return cmsgpack.pack(answers)
