-- settle_tasks: end claims of one queue, making the entity's `settle` move with its record, its next tasks and its key, in
-- the order given. The state and the fence in the task's hash decide; acknowledging an entry alone fences nothing.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, fence, kind, state letter, result or false, failure or false, delay in microseconds or false,
--           whether it spends no attempt, { next task of this queue, … }, { { next task's id,
--           { another queue, the task }, … } }, … }
--   returns packed { now, { state letter or false, … } }
-- An outcome `lost` counts only while the lease has run out. Any other that was applied before is answered as it was then. Next tasks of other queues are kept in `outbox`, from where the client delivers them.
-- needs: allow_full, storing, records, leases
local acknowledged, deleted, leases, ended = {}, {}, {}, {}
local makes_work = false

local function answer_again(id, fence, kind, state, task)
  local recorded
  if kind == 'lost' then
    return false -- somebody else reclaimed it
  end
  if task.fence == fence and task.state and task.state ~= 'r' and task.record ~= '-' then
    recorded = told_record(task.state, task.record)
  end
  if not recorded then
    local packed = redis.call('HGET', attempts_of(id), fence)
    recorded = packed and cmsgpack.unpack(packed)[5]
  end
  if recorded == kind then
    return state
  elseif recorded == 'cancelled' and state == 'p' then
    return 'x'
  end
  return false
end

local function leave_group(task)
  local key, entry = KEYS[1] .. ':claimed', nil
  if string.sub(task.entry, 1, 1) == 'c' then
    entry = string.sub(task.entry, 2)
  else
    local level = level_of(task.priority, task.type)
    key, entry = line_of(level), (task.due or task.created) .. '-' .. task.entry
    shrunk_levels[level] = true
  end
  gather(acknowledged, key, entry)
  gather(deleted, key, entry)
end

-- The task goes back to wait: its record is kept apart, for the hash will tell the next one.
local function return_to_line(id, task, kind, failure, delay, is_interruption)
  record(id, task.fence, task.fence - (task.interruptions or 0), task.worker, task.started, now_text, kind, failure)
  local due = delay and text_of(now + delay) or task.due or task.created
  local changes = { 'version', task.version + 1 }
  if delay then
    changes[#changes + 1], changes[#changes + 2] = 'due', due
  end
  local sequence = wait_for_turn(id, due, task.priority, task.type, task.fence)
  if sequence then
    changes[#changes + 1], changes[#changes + 2] = 'entry', sequence
    redis.call('HDEL', task_of(id), 'state', 'worker', 'end', 'cancel')
  else
    redis.call('HDEL', task_of(id), 'state', 'worker', 'end', 'cancel', 'entry')
  end
  if is_interruption then
    changes[#changes + 1], changes[#changes + 2] = 'interruptions', (task.interruptions or 0) + 1
  end
  return changes
end

local function end_for_good(id, task, kind, state, result, failure)
  local changes = { 'version', task.version + 1, 'state', state, 'end', now_text }
  if result then
    changes[#changes + 1], changes[#changes + 2] = 'result', result
  end
  local told = tell_record(state, kind, failure)
  if told then
    changes[#changes + 1], changes[#changes + 2] = 'record', told
  end
  if task.cancel then
    redis.call('HDEL', task_of(id), 'cancel')
  end
  gather(ended, KEYS[1] .. ':ended:' .. state, now_text, id)
  move_index('r', state, task.type, id)
  return changes
end

local function apply(id, task, kind, state, outcome)
  local failure = outcome[6]
  local changes
  leave_group(task)
  gather(leases, KEYS[1] .. ':leases', id)
  if state == 'p' then
    changes = return_to_line(id, task, kind, failure, outcome[7], outcome[8])
    makes_work = true
  else
    changes = end_for_good(id, task, kind, state, outcome[5], failure)
  end
  if failure then
    changes[#changes + 1], changes[#changes + 2] = 'failure', failure
  end
  if kind == 'lost' then
    changes[#changes + 1], changes[#changes + 2] = 'crashes', (task.crashes or 0) + 1
  end
  redis.call('HSET', task_of(id), unpack(changes))
  count('r', task.type, -1)
  count(state, task.type, 1)
  if task.key and not holds_key(state, task.created, task.ttl) then
    free_key(task.key, id)
  end
end

local function store_next(outcome)
  for _, task in ipairs(outcome[9]) do
    store_new(task[1], task[2])
    makes_work = true
  end
  for _, parcel in ipairs(outcome[10]) do
    redis.call('HSET', KEYS[1] .. ':outbox', parcel[1], cmsgpack.pack(parcel[2]))
  end
end

local FIELDS = { 'type', 'priority', 'created', 'due', 'state', 'fence', 'version', 'entry', 'started', 'worker',
  'interruptions', 'crashes', 'cancel', 'key', 'ttl', 'record' }

local function read_task(id)
  local values, task = redis.call('HMGET', task_of(id), unpack(FIELDS)), {}
  for at, name in ipairs(FIELDS) do
    task[name] = values[at]
  end
  return task
end

local function settle(outcome)
  local id, fence, kind, state = outcome[1], outcome[2], outcome[3], outcome[4]
  local task = read_task(id)
  if not task.type then
    return false
  elseif task.state ~= 'r' or task.fence ~= fence then
    return answer_again(id, fence, kind, state, task)
  elseif kind == 'lost' and not has_run_out(id) then
    return false
  end
  if task.cancel and state == 'p' then
    kind, state = kind == 'lost' and kind or 'cancelled', 'x'
  end
  apply(id, task, kind, state, outcome)
  store_next(outcome)
  return state
end

local answers = {}
for at, outcome in ipairs(cmsgpack.unpack(ARGV[4])) do
  answers[at] = settle(outcome)
end
send_gathered('XACK', acknowledged, group)
send_gathered('XDEL', deleted)
send_gathered('ZREM', leases)
send_gathered('ZADD', ended)
write_new()
if deleted[KEYS[1] .. ':claimed'] and redis.call('XLEN', KEYS[1] .. ':claimed') == 0 then
  redis.call('DEL', KEYS[1] .. ':claimed')
end
if makes_work then
  redis.call('PUBLISH', ARGV[5], '')
end
return cmsgpack.pack({ now, answers })
