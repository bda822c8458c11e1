-- bury_tasks: end the claims of tasks that cannot be decoded. Nothing is read of a hash but what the claim itself has
-- written, and what places the task among others: any other field may hold anything. Entries in streams are left to
-- the sweep.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, fence, kind, failure or false }, … }
--   returns packed { now, { whether it was ended, … } }
-- An outcome `lost` counts only while the lease has run out.
-- needs: allow_full, storing, leases
local function bury(id, fence, kind, failure)
  local fence_now, type_, version, dedupe_key =
    unpack(redis.call('HMGET', task_of(id), 'fence', 'type', 'version', 'key'))
  local is_another_claim = whole(fence_now) and fence_now ~= fence
  if not type_ or is_another_claim or not redis.call('ZSCORE', KEYS[1] .. ':leases', id) then
    return false
  elseif kind == 'lost' and not has_run_out(id) then
    return false
  end
  redis.call('HSET', task_of(id), 'state', 'f', 'end', now_text, 'version', (whole(version) or 1) + 1, 'record', '-')
  redis.call('HDEL', task_of(id), 'cancel')
  if failure then
    redis.call('HSET', task_of(id), 'failure', failure)
  end
  redis.call('ZREM', KEYS[1] .. ':leases', id)
  redis.call('ZADD', KEYS[1] .. ':ended:f', now_text, id)
  move_index('r', 'f', type_, id)
  count('r', type_, -1)
  count('f', type_, 1)
  if dedupe_key then
    free_key(dedupe_key, id)
  end
  return true
end

local buried = {}
for at, each in ipairs(cmsgpack.unpack(ARGV[4])) do
  buried[at] = bury(unpack(each))
end
write_new()
return cmsgpack.pack({ now, buried })
