-- prune_tasks: delete ended tasks of one queue with all that belongs to them, as far as they are still in that state,
-- and have the version that is given with them; and forget dedupe keys whose window is over.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { state letter, { id, … }, { version, … } or nothing }
--   returns how many were deleted
-- needs: allow_full, storing, records, gone
local KEYS_FORGOTTEN_AT_ONCE = 1000
local state, ids, versions = unpack(cmsgpack.unpack(ARGV[4]))

local function forget_expired_keys()
  local ended = redis.call('ZRANGEBYSCORE', KEYS[1] .. ':keyends', '-inf', now, 'LIMIT', 0, KEYS_FORGOTTEN_AT_ONCE)
  for _, key in ipairs(ended) do
    redis.call('HDEL', KEYS[1] .. ':keys', key)
    redis.call('ZREM', KEYS[1] .. ':keyends', key)
  end
end

-- Delete what belongs to the task, and its hash if that is given.
local function delete_with(id, ...)
  redis.call('DEL', attempts_of(id), KEYS[1] .. ':events:' .. id, KEYS[1] .. ':lines:' .. id, ...)
  redis.call('ZREM', KEYS[1] .. ':eventlogs', id)
  redis.call('ZREM', KEYS[1] .. ':results', id)
end

-- Its hash was deleted by somebody: it counts as pruned, if its type is known.
local function forget_ended(id)
  local type_ = type_in_index(':ids:' .. state .. ':', id)
  delete_with(id)
  if not type_ then
    return 0
  end
  leave_index(index_of(state, type_), id)
  count(string.upper(state), type_, 1)
  return 1
end

local function prune(id, seen)
  local type_, key, workflow, correlation, task_key, tags, version =
    unpack(redis.call('HMGET', task_of(id), 'type', 'key', 'workflow', 'correlation', 'task_key', 'tags', 'version'))
  if type_ and seen and (whole(version) or 1) ~= seen then
    return 0
  elseif redis.call('ZREM', KEYS[1] .. ':ended:' .. state, id) == 0 then
    return 0
  elseif not type_ then
    return forget_ended(id)
  end
  delete_with(id, task_of(id))
  leave_index(index_of(state, type_), id)
  for _, index in ipairs(lasting_indexes(workflow, correlation, task_key, tags)) do
    leave_index(index, id)
  end
  if key then
    free_key(key, id)
  end
  count(string.upper(state), type_, 1)
  return 1
end

local pruned = 0
for place, id in ipairs(ids) do
  pruned = pruned + prune(id, versions and versions[place])
end
forget_expired_keys()
write_indexes()
write_counts()
return pruned
