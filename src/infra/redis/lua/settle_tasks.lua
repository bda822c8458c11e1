-- settle_tasks: end claims of one queue, making the entity's `settle` move with its record, its next tasks and its
-- key, in the order given. The state and the fence in the task's hash decide; acknowledging an entry alone fences
-- nothing.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, fence, kind, state letter, result or false, failure or false, delay in microseconds or
--           false, whether it spends no attempt, { next task of this queue, … },
--           { { next task's id, { another queue, the task } }, … }, whether it has run: if not, it leaves no record,
--           how long the result is kept in microseconds or false }, … }
--   returns packed { now, { state letter or false, … } }
-- An outcome `lost` counts only while the lease has run out. Any other that was applied before is answered as it was
-- then. Next tasks of other queues are kept in `outbox`, from where the client delivers them.
-- needs: allow_full, storing, records, leases
local FIELDS = { 'state', 'fence', 'type', 'entry', 'version', 'priority', 'created', 'due', 'cancel', 'key' }
local MORE_FIELDS = { 'started', 'worker', 'interruptions', 'crashes', 'ttl', 'record' }
local UNRECORDED = { p = 'released', x = 'cancelled', f = 'dead' } -- how a claim ended that ran nothing, by the state
local task_prefix = task_of('')
local left, settled = {}, {} -- entries by stream, ids
local ended = { c = {}, f = {}, x = {} } -- state -> type -> ids
local makes_work = false

local function read_fields(task, names)
  local values = redis.call('HMGET', task_prefix .. task.id, unpack(names))
  for at = 1, #names do
    task[names[at]] = values[at]
  end
end

local function answer_again(task, fence, kind, state)
  if kind == 'lost' or not task.type then
    return false -- somebody else reclaimed it
  end
  read_fields(task, MORE_FIELDS)
  local recorded
  if task.fence == fence and task.state and task.state ~= 'r' then
    recorded = told_record(task.state, task.record)
  end
  if not recorded then
    local packed = redis.call('HGET', attempts_of(task.id), fence)
    recorded = packed and kind_of_record(packed)
  end
  if not recorded and task.fence == fence then
    recorded = UNRECORDED[task.state or 'p']
  end
  if recorded == kind then
    return state
  elseif recorded == 'cancelled' and state == 'p' then
    return 'x'
  end
  return false
end

local stream_names = {} -- type -> priority -> name, so that they are made once

local function stream_of(task)
  local names = stream_names[task.type]
  if not names then
    names = {}
    stream_names[task.type] = names
  end
  local priority = task.priority or '0'
  if not names[priority] then
    local level = level_of(priority, task.type)
    names[priority] = line_of(level)
    shrunk_levels[level] = true
  end
  return names[priority]
end

local function leave_group(task)
  local entry = task.entry or ''
  local is_early = string.byte(entry) == 99 -- c: it was claimed from `early`
  local place = is_early and string.sub(entry, 2) or (task.due or task.created or '') .. '-' .. entry
  if string.find(place, '^%d+%-%d+$') then -- else somebody else wrote it, and the sweep finds the entry
    gather(left, is_early and KEYS[1] .. ':claimed' or stream_of(task), place)
  end
  settled[#settled + 1] = task.id
end

-- The task goes back to wait: its record is kept apart, for the hash will tell the next one.
local function return_to_line(task, kind, outcome)
  local id, delay = task.id, outcome.delay
  if outcome.has_run then
    local number = task.fence - (whole(task.interruptions) or 0)
    record(id, task.fence, number, task.worker, task.started, now_text, kind, outcome.failure)
  end
  local due = delay and text_of(now + delay) or task.due or task.created
  local changes = { 'version', (whole(task.version) or 1) + 1 }
  if delay then
    changes[#changes + 1], changes[#changes + 2] = 'due', due
  end
  if outcome.is_interruption then
    changes[#changes + 1], changes[#changes + 2] = 'interruptions', (whole(task.interruptions) or 0) + 1
  end
  redis.call('HDEL', task_prefix .. id, 'state', 'worker', 'end', 'cancel', 'entry')
  local sequence = wait_for_turn(id, due, task.priority, task.type, task.fence)
  if sequence then
    changes[#changes + 1], changes[#changes + 2] = 'entry', sequence
  end
  makes_work = true
  count('r', task.type, -1)
  count('p', task.type, 1)
  return changes
end

local function end_for_good(task, kind, state, outcome)
  local result = outcome.result
  local changes = { 'version', (whole(task.version) or 1) + 1, 'state', state, 'end', now_text }
  if result then
    changes[#changes + 1], changes[#changes + 2] = 'result', result
  end
  if outcome.kept_for then
    redis.call('ZADD', KEYS[1] .. ':results', text_of(now + outcome.kept_for), task.id)
  end
  local told = not outcome.has_run and '-' or tell_record(state, kind, outcome.failure)
  if told then
    changes[#changes + 1], changes[#changes + 2] = 'record', told
  end
  if task.cancel then
    redis.call('HDEL', task_prefix .. task.id, 'cancel')
  end
  gather(ended[state], task.type, task.id)
  return changes
end

local function apply(task, kind, state, outcome)
  local failure = outcome.failure
  if state == 'p' or kind == 'lost' or task.key then
    read_fields(task, MORE_FIELDS)
  end
  leave_group(task)
  local changes
  if state == 'p' then
    changes = return_to_line(task, kind, outcome)
  else
    changes = end_for_good(task, kind, state, outcome)
  end
  if failure and not (kind == 'lost' and state == 'p') then -- a crash does not hide what the handler failed with
    changes[#changes + 1], changes[#changes + 2] = 'failure', failure
  end
  if kind == 'lost' then
    changes[#changes + 1], changes[#changes + 2] = 'crashes', (whole(task.crashes) or 0) + 1
  end
  redis.call('HSET', task_prefix .. task.id, unpack(changes))
  if task.key and not holds_key(state, task.created, task.ttl) then
    free_key(task.key, task.id)
  end
end

local function store_next(outcome)
  for _, task in ipairs(outcome.next_here) do
    local id, flat = unpack(task)
    store_new(id, flat)
    makes_work = true
  end
  for _, task in ipairs(outcome.next_elsewhere) do
    local id, queue_and_task = unpack(task)
    redis.call('HSET', KEYS[1] .. ':outbox', id, cmsgpack.pack(queue_and_task))
  end
end

local function outcome_of(packed)
  local id, fence, kind, state, result, failure, delay, is_interruption, next_here, next_elsewhere, has_run, kept_for =
    unpack(packed, 1, 12)
  return {
    id = id, fence = fence, kind = kind, state = state, result = result, failure = failure, delay = delay,
    is_interruption = is_interruption, next_here = next_here, next_elsewhere = next_elsewhere, has_run = has_run,
    kept_for = kept_for,
  }
end

local function settle(outcome)
  local task, fence, kind, state = { id = outcome.id }, outcome.fence, outcome.kind, outcome.state
  read_fields(task, FIELDS)
  if task.state ~= 'r' or task.fence ~= fence or not task.type then
    return answer_again(task, fence, kind, state)
  elseif kind == 'lost' and not has_run_out(task.id) then
    return false
  end
  if task.cancel and state == 'p' then
    if kind == 'lost' then
      outcome.failure = false
    else
      kind = 'cancelled'
    end
    state = 'x'
  end
  apply(task, kind, state, outcome)
  store_next(outcome)
  return state
end

-- Count and index the ids of one type that have ended in one state.
local function write_ends(state, type_, ids)
  local by_end, by_id = {}, {}
  for at, id in ipairs(ids) do
    by_end[2 * at - 1], by_end[2 * at] = now_text, id
    by_id[2 * at - 1], by_id[2 * at] = 0, id
  end
  send_gathered('ZADD', { [KEYS[1] .. ':ended:' .. state] = by_end, [index_of(state, type_)] = by_id })
  send_gathered('ZREM', { [index_of('r', type_)] = ids })
  count('r', type_, -#ids)
  count(state, type_, #ids)
end

local answers = {}
for at, packed in ipairs(cmsgpack.unpack(ARGV[4])) do
  answers[at] = settle(outcome_of(packed))
end
send_gathered('XACK', left, group)
send_gathered('XDEL', left)
send_gathered('ZREM', { [KEYS[1] .. ':leases'] = settled })
for state, types in pairs(ended) do
  for type_, ids in pairs(types) do
    write_ends(state, type_, ids)
  end
end
write_new()
if left[KEYS[1] .. ':claimed'] and redis.call('XLEN', KEYS[1] .. ':claimed') == 0 then
  redis.call('DEL', KEYS[1] .. ':claimed')
end
if makes_work then
  redis.call('PUBLISH', ARGV[5], '')
end
return cmsgpack.pack({ now, answers })
