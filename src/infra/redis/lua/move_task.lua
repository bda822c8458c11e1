-- move_task: take a pending task that has never run out of its queue, if the stored version is the one before, and keep
-- it in the outbox until the client has stored it on its new queue.
--   KEYS  1 the queue's prefix
--   ARGV  4 packed { id, version, { new queue, { id, { field, value, … } } } }
--   returns 'moved', 'unknown' or 'stale'
-- needs: allow_full, storing
local id, version, queue_and_task = unpack(cmsgpack.unpack(ARGV[4]))
local task = fields_of(redis.call('HGETALL', task_of(id)))

if not task.type then
  return 'unknown'
elseif task.state or task.fence or tonumber(task.version or 1) ~= version - 1 then
  return 'stale'
end
redis.call('HSET', KEYS[1] .. ':outbox', id, cmsgpack.pack(queue_and_task))
leave_line(id, task.entry, task.due or task.created, task.priority, task.type, task.fence)
redis.call('ZREM', awaited_of(task.type), id)
leave_index(index_of('p', task.type), id)
for _, index in ipairs(lasting_indexes(task.workflow, task.correlation, task.task_key, task.tags)) do
  leave_index(index, id)
end
redis.call('DEL', task_of(id))
count('p', task.type, -1)
write_new()
return 'moved'
