-- plain: new tasks that come in order, behind others that wait in their levels: by far the most frequent call. They are
-- stored here, before the pieces below make their functions. At the first task that is another case it ends, and they
-- do what there is to do: what is stored by then they leave as it is.
--   KEYS  1 the queue's prefix
--   ARGV  7 and all after it: of each task its id, its level, how many values follow, then `type`, type, `created`,
--           moment, … further fields and values; it has no key and no index but its type's, and is due when it was
--           created
--   returns the number now where all are stored
if ARGV[7] then
  local prefix, now, at, is_plain = KEYS[1], tonumber(ARGV[1]), 7, true
  local tails, ids = {}, {} -- level -> the line's last entry, type -> { 0, id, … }
  if not now then
    local seconds, microseconds = unpack(redis.call('TIME'))
    now = seconds * 1000000 + microseconds
  end
  while is_plain and ARGV[at] do
    local id, level, number, _, type_, _, due_text = unpack(ARGV, at, at + 6)
    local key, due, tail = prefix .. ':task:' .. id, tonumber(due_text), tails[level]
    if not tail then
      local stored = redis.call('HGET', prefix .. ':tails', level)
      local head = stored and redis.call('HGET', prefix .. ':heads', level)
      if head then -- whoever waits makes sure that the queue is known, and not `past`
        local text, sequence, last = string.match(stored, '^(%d+)-(%d+) (.*)$')
        tail = { due = tonumber(text), sequence = tonumber(sequence), id = last }
        tail.head = tonumber(string.sub(head, 1, 17))
        tails[level] = tail
      end
    end
    is_plain = tail and due <= now and tail.head < due and (due > tail.due or (due == tail.due and id > tail.id))
      and redis.call('EXISTS', key) == 0
    if is_plain then
      local sequence = due == tail.due and tail.sequence + 1 or 1
      local added = redis.pcall('XADD', prefix .. ':line:' .. level, due_text .. '-' .. sequence, 'id', id)
      is_plain = type(added) == 'string'
      if is_plain then
        redis.call('HSET', key, 'entry', sequence, unpack(ARGV, at + 3, at + 2 + number))
        tail.due, tail.text, tail.sequence, tail.id = due, due_text, sequence, id
        ids[type_] = ids[type_] or {}
        table.insert(ids[type_], 0)
        table.insert(ids[type_], id)
        at = at + 3 + number
      end
    end
  end
  for level, tail in pairs(tails) do
    if tail.text then
      redis.call('HSET', prefix .. ':tails', level, tail.text .. '-' .. tail.sequence .. ' ' .. tail.id)
    end
  end
  for type_, members in pairs(ids) do
    redis.call('ZADD', prefix .. ':live:' .. type_, unpack(members))
    redis.call('HINCRBY', prefix .. ':counts', 'p:' .. type_, #members / 2)
  end
  if is_plain then
    redis.call('PUBLISH', ARGV[5], '')
    return now
  end
end
