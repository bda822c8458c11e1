-- storing: a new task with its place, key, indexes and count.
--   a task is { id, { field, value, … } }, with the fields named in rows.py
-- needs: moments, lines, counts, indexes, dedupe
local function task_of(id)
  return KEYS[1] .. ':task:' .. id
end

-- The number that a counting field holds. Nil for anything else, which somebody else wrote: rows.py says the same of
-- it.
local function whole(value)
  value = value and string.match(value, '^%d+$')
  return value and #value <= 10 and tonumber(value) <= 2000000000 and tonumber(value) or nil
end

local function fields_of(flat)
  local fields = {}
  for at = 1, #flat, 2 do
    fields[flat[at]] = flat[at + 1]
  end
  return fields
end

-- Let a task that is new here be found, and take its key if its state demands that and nobody holds it.
local function enter_indexes(id, state, task)
  enter_index(index_of(state, task.type), id)
  for _, index in ipairs(lasting_indexes(task.workflow, task.correlation, task.task_key, task.tags)) do
    enter_index(index, id)
  end
  if task.key and holds_key(state, task.created, task.ttl) and not holder_of(task.key) then
    hold_key(task.key, id, task.created, task.ttl)
  end
end

local function awaited_of(type_)
  return KEYS[1] .. ':awaited:' .. type_
end

-- Let a task that a chain has scheduled for later be waited for.
local function await_chained(id, task)
  local due = task.due or task.created
  if task.workflow and not task.fence and tonumber(due) > now then
    redis.call('ZADD', awaited_of(task.type), due, id)
  end
end

-- Returns the id of the holder if the task's key is held; else nil, also when the id was stored before.
local function store_new(id, flat)
  local key = task_of(id)
  if redis.call('EXISTS', key) == 1 then
    return nil
  end
  local task = fields_of(flat)
  if task.key then
    local holder = holder_of(task.key)
    if holder then
      return holder
    end
  end
  local sequence = wait_for_turn(id, task.due or task.created, task.priority, task.type, task.fence)
  if sequence then
    flat[#flat + 1] = 'entry'
    flat[#flat + 1] = sequence
  end
  redis.call('HSET', key, unpack(flat))
  await_chained(id, task)
  enter_indexes(id, 'p', task)
  count('p', task.type, 1)
  return nil
end

local function write_new()
  write_lines()
  write_indexes()
  write_counts()
end
