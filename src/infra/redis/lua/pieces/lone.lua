-- lone: a plain task that comes alone, behind others that wait in its level: by far the most frequent call. It is
-- stored here, before the pieces below make their functions. In any other case nothing was written, and they do what
-- there is to do.
--   KEYS  1 the queue's prefix
--   ARGV  7 the task's id, 8 its level, 9 `type`, 10 type, 11 `created`, 12 moment, … further fields and values; it has
--           no key and no index but its type's, and is due when it was created
--   returns the number now where the task is stored
if ARGV[7] then
  local prefix, id, level, type_, due_text = KEYS[1], ARGV[7], ARGV[8], ARGV[10], ARGV[12]
  local due, now = tonumber(due_text), tonumber(ARGV[1])
  if not now then
    local seconds, microseconds = unpack(redis.call('TIME'))
    now = seconds * 1000000 + microseconds
  end
  local tail = redis.call('HGET', prefix .. ':tails', level)
  local head = tail and redis.call('HGET', prefix .. ':heads', level)
  -- Whoever waits makes sure that the queue is known, and not `past`.
  local is_behind = head and tonumber(string.sub(head, 1, 17)) < due and tonumber(string.match(tail, '^%d+')) < due
  if is_behind and due <= now and redis.call('EXISTS', prefix .. ':task:' .. id) == 0 then
    local added = redis.pcall('XADD', prefix .. ':line:' .. level, due_text .. '-1', 'id', id)
    if type(added) == 'string' then
      redis.call('HSET', prefix .. ':tails', level, due_text .. '-1 ' .. id)
      redis.call('HSET', prefix .. ':task:' .. id, 'entry', '1', unpack(ARGV, 9))
      redis.call('ZADD', prefix .. ':live:' .. type_, 0, id)
      redis.call('HINCRBY', prefix .. ':counts', 'p:' .. type_, 1)
      redis.call('PUBLISH', ARGV[5], '')
      return now
    end
  end
end
