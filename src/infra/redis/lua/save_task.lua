-- save_task: store the next version of a task, if the stored one is the version before it: a cancel, a retry,
-- another priority.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { id, version, { field, value, … } of all that a move may change }
--   returns packed { 'saved' | 'unknown' | 'stale' | 'held' | 'running', id of the other holder of its key or false }
-- A running task changes only by a request to cancel it; any other move of it is the worker's, by settle_tasks.
-- needs: allow_full, storing, records
local id, version, flat = unpack(cmsgpack.unpack(ARGV[4]))
local CHANGING = { 'priority', 'due', 'state', 'fence', 'interruptions', 'crashes', 'version', 'started', 'worker',
  'end', 'cancel', 'failure', 'result', 'progress', 'note', 'record', 'entry' }

local function leave_place(before, due)
  local from = before.state or 'p'
  if from == 'p' then
    leave_line(id, before.entry, due, before.priority, before.type, before.fence)
    redis.call('ZREM', awaited_of(before.type), id)
  else
    redis.call('ZREM', KEYS[1] .. ':ended:' .. from, id)
  end
end

-- What the hash tells of the latest claim will be overwritten: keep it apart.
local function keep_told_record(before)
  local kind, is_of_failure = told_record(before.state, before.record)
  if before.state and kind then
    local number = before.fence - (before.interruptions or 0)
    local failure = is_of_failure and before.failure
    record(id, before.fence, number, before.worker, before.started, before['end'], kind, failure)
  end
end

local function replace(before, after)
  local to, due = after.state or 'p', after.due or before.created
  leave_place(before, before.due or before.created)
  keep_told_record(before)
  if not after.state then
    local sequence = wait_for_turn(id, due, after.priority, before.type, after.fence)
    if sequence then
      flat[#flat + 1], flat[#flat + 2] = 'entry', sequence
    end
    after.type, after.workflow, after.created = before.type, before.workflow, before.created
    await_chained(id, after)
  else
    redis.call('ZADD', KEYS[1] .. ':ended:' .. to, after['end'], id)
    flat[#flat + 1], flat[#flat + 2] = 'record', '-'
  end
  redis.call('HDEL', task_of(id), unpack(CHANGING))
  redis.call('HSET', task_of(id), unpack(flat))
  if before.key then
    keep_key_in_step(before.key, id, to, before.created, before.ttl)
  end
  move_index(before.state or 'p', to, before.type, id)
  count(before.state or 'p', before.type, -1)
  count(to, before.type, 1)
  write_new()
end

local function save()
  local before, after = fields_of(redis.call('HGETALL', task_of(id))), fields_of(flat)
  if not before.type then
    return 'unknown', false
  elseif tonumber(before.version or 1) ~= version - 1 then
    return 'stale', false
  end
  local holder = before.key and not after.state and holder_of(before.key)
  if holder and holder ~= id then
    return 'held', holder
  elseif before.state == 'r' then
    if after.state ~= 'r' then
      return 'running', false
    end
    redis.call('HSET', task_of(id), 'cancel', 1, 'version', version)
  else
    replace(before, after)
  end
  return 'saved', false
end

local answer, holder = save()
if answer == 'saved' then
  redis.call('PUBLISH', ARGV[5], '')
end
return cmsgpack.pack({ answer, holder })
