-- explain_task: of one queue, what decides when a task is claimed. Changes nothing but where tasks wait that have
-- become due. Counts no further in a type than the limit.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { id of the task that is asked about, if it is on this queue, else '', { priority, due, id } of the
--           task if it is on another, else {}, { type, … } whose tasks are to be counted, or { '*' } for all, limit }
--   returns packed { now, { field, value, … } of the task, { { fence, record }, … },
--           { { type, how many go before, how many are due }, … }, { { worker, tasks, first start or false }, … } }
-- needs: allow_full, taking, storing, records
local LEASES_AT_MOST = 10000
local own_id, place, types, limit = unpack(cmsgpack.unpack(ARGV[4]))
promote_due()
write_counts()
check_index()

local flat, records = {}, {}
if own_id ~= '' then
  flat = redis.call('HGETALL', task_of(own_id))
  local task = fields_of(flat)
  if task.type then
    place = { tonumber(task.priority or 0) or 0, task.due or task.created, own_id }
    local kept = redis.call('HGETALL', KEYS[1] .. ':attempts:' .. own_id)
    for at = 1, #kept, 2 do
      records[#records + 1] = { kept[at], cmsgpack.unpack(kept[at + 1]) }
    end
  end
end
local own_priority, own_due_text, own_task = unpack(place)
local own_due = moment_of(own_due_text) or now

local function is_before(due, id)
  return due < own_due or (due == own_due and id < own_task)
end

-- How many tasks of a level go before the task, where it has their priority, and how many wait.
local function count_level(lane)
  local before, due = 0, 0
  for _, head in ipairs(first_waiting({ lane }, limit)) do
    due = due + 1
    if is_before(head.due, head.id) then
      before = before + 1
    end
  end
  return before, due
end

local served, counted, is_every = {}, {}, (unpack(types)) == '*'
for _, type_ in ipairs(types) do
  served[type_] = { before = 0, due = 0 }
end
local heads = own_priority and redis.call('HGETALL', KEYS[1] .. ':heads') or {}
for at = 1, #heads, 2 do
  local priority, type_ = string.match(heads[at], '^([^:]*):(.*)$')
  if is_every and not served[type_] then
    served[type_] = { before = 0, due = 0 }
  end
  local sums, above = served[type_], tonumber(priority) - own_priority
  if sums and (sums.due < limit or (above >= 0 and sums.before < limit)) then
    local before, due = count_level(lane_of(heads[at], priority, heads[at + 1]))
    before = above > 0 and due or above < 0 and 0 or before
    sums.before, sums.due = sums.before + before, sums.due + due
  end
end
for type_, sums in pairs(served) do
  if sums.due > 0 then
    counted[#counted + 1] = { type_, math.min(sums.before, limit), math.min(sums.due, limit) }
  end
end

local busy, of_worker = {}, {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1] .. ':leases', 0, LEASES_AT_MOST - 1)) do
  local worker, started = unpack(redis.call('HMGET', task_of(id), 'worker', 'started'))
  if worker then
    local held = of_worker[worker]
    if not held then
      held = { tasks = 0, since = false }
      of_worker[worker] = held
    end
    held.tasks = held.tasks + 1
    if started and (not held.since or tonumber(started) < tonumber(held.since)) then
      held.since = started
    end
  end
end
for worker, held in pairs(of_worker) do
  busy[#busy + 1] = { worker, held.tasks, held.since }
end
return cmsgpack.pack({ now, flat, records, counted, busy })
