-- write_tasks: store tasks of another store as they are, with their records; those whose id is stored are left as
-- they are.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { { id, { field, value, … }, { { fence, record }, … } }, … }; none of them is running
--   returns how many were new
-- needs: storing, records, past
local function write(id, flat, records)
  if redis.call('EXISTS', task_of(id)) == 1 then
    return 0
  end
  local task = fields_of(flat)
  local state = task.state or 'p'
  if task.state then
    flat[#flat + 1], flat[#flat + 2] = 'record', '-'
  else
    local sequence = wait_for_turn(id, task.due or task.created, task.priority, task.type, task.fence)
    if sequence then
      flat[#flat + 1], flat[#flat + 2] = 'entry', sequence
    end
    await_chained(id, task)
  end
  redis.call('HSET', task_of(id), unpack(flat))
  if task.state then
    redis.call('ZADD', KEYS[1] .. ':ended:' .. state, task['end'], id)
  end
  for _, each in ipairs(records) do
    local fence, fields = unpack(each)
    redis.call('HSET', attempts_of(id), fence, cmsgpack.pack(fields))
  end
  enter_indexes(id, state, task)
  count(state, task.type, 1)
  return 1
end

revive_queue()
local written = 0
for _, task in ipairs(cmsgpack.unpack(ARGV[4])) do
  written = written + write(unpack(task))
end
write_new()
redis.call('PUBLISH', ARGV[5], '')
return written
