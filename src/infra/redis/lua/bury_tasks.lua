-- bury_tasks: end the claims of tasks that cannot be decoded. Nothing is read of a hash but what the claim itself has
-- written, and what places the task among others: any other field may hold anything. Entries in streams are left to the sweep.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, fence, kind, failure or false }, … }
--   returns packed { now, { whether it was ended, … } }
-- An outcome `lost` counts only while the lease has run out.
-- needs: allow_full, storing, leases
local function bury(id, fence, kind, failure)
  local task = redis.call('HMGET', task_of(id), 'state', 'fence', 'type', 'version', 'key')
  local type_ = task[3]
  local is_another_claim = whole(task[2]) and task[2] ~= fence
  if not type_ or is_another_claim or not redis.call('ZSCORE', KEYS[1] .. ':leases', id) then
    return false
  elseif kind == 'lost' and not has_run_out(id) then
    return false
  end
  redis.call('HSET', task_of(id), 'state', 'f', 'end', now_text, 'version', (whole(task[4]) or 1) + 1, 'record', '-')
  redis.call('HDEL', task_of(id), 'cancel')
  if failure then
    redis.call('HSET', task_of(id), 'failure', failure)
  end
  redis.call('ZREM', KEYS[1] .. ':leases', id)
  redis.call('ZADD', KEYS[1] .. ':ended:f', now_text, id)
  move_index('r', 'f', type_, id)
  count('r', type_, -1)
  count('f', type_, 1)
  if task[5] then
    free_key(task[5], id)
  end
  return true
end

local buried = {}
for at, each in ipairs(cmsgpack.unpack(ARGV[4])) do
  buried[at] = bury(each[1], each[2], each[3], each[4])
end
write_new()
return cmsgpack.pack({ now, buried })
