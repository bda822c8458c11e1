-- lines: where pending tasks wait. Each (priority, type) is a level. Its line is a stream whose entries lie in the
-- order (due, id): an entry's id is `<due>-<sequence>`, its one field is the task's id. A task that belongs before
-- the line's last entry waits in the level's sorted set `early` instead, and one that is not due yet in the queue's
-- `later`. `tails` remembers the last entry of each line.
--   ARGV  3 the name of the consumer group
-- needs: moments, batches, counts, index
local tails, grown_lines, shrunk_levels, later_additions = {}, {}, {}, {}

local function tail_of(level)
  local tail = tails[level]
  if tail then
    return tail
  end
  local stored = redis.call('HGET', KEYS[1] .. ':tails', level)
  if stored then
    local due, sequence, id = string.match(stored, '^(%d+)-(%d+) (.*)$')
    tail = { due = tonumber(due), text = due, sequence = tonumber(sequence), id = id }
  else
    begin_line(line_of(level))
    tail = { due = -1 }
  end
  tails[level] = tail
  return tail
end

-- Let a task that is due wait in its level. Returns the sequence number of its entry, or false if it waits in `early`.
-- `due` is the moment that the text holds. Without it somebody else wrote the text: whoever claims the task says so.
local function wait_in_line(id, due_text, due, priority, type_)
  local level = level_of(priority, type_)
  if not due then
    due, due_text = now, now_text
  end
  local tail = tail_of(level)
  note_added(level, due, id)
  if due > tail.due or (due == tail.due and id > tail.id) then
    local sequence = due == tail.due and tail.sequence + 1 or 1
    local added = redis.pcall('XADD', line_of(level), due_text .. '-' .. sequence, 'id', id)
    if type(added) ~= 'table' then
      tail.due, tail.text, tail.sequence, tail.id = due, due_text, sequence, id
      grown_lines[level] = tail
      return sequence
    elseif not string.find(added.err, 'equal or smaller', 1, true) then
      error(added.err)
    end -- a line whose tail was lost: the task waits beside it
  end
  redis.call('ZADD', early_of(level), due, id)
  return false
end

-- The same for any due time; false also stands for a task that waits in `later`.
local function wait_for_turn(id, due_text, priority, type_, fence)
  local due = moment_of(due_text)
  if (due or now) <= now then
    return wait_in_line(id, due_text, due, priority, type_)
  end
  gather(later_additions, KEYS[1] .. ':later', due_text, id)
  has_later_changed = true
  if not fence then
    count('l', type_, 1)
  end
  return false
end

-- Take a pending task out of where it waits. `sequence` is that of its entry, if it has one.
local function leave_line(id, sequence, due_text, priority, type_, fence)
  local level = level_of(priority, type_)
  if sequence then
    redis.pcall('XDEL', line_of(level), due_text .. '-' .. sequence) -- fails for what somebody else wrote
    shrunk_levels[level] = true
    touched_levels[level] = true
  elseif redis.call('ZREM', KEYS[1] .. ':later', id) == 1 then
    has_later_changed = true
    if not fence then
      count('l', type_, -1)
    end
  else
    redis.call('ZREM', early_of(level), id)
    touched_levels[level] = true
  end
end

-- Write what was gathered, and delete the lines in which nobody waits or runs any more.
local function write_lines()
  send_gathered('ZADD', later_additions)
  for level, tail in pairs(grown_lines) do
    redis.call('HSET', KEYS[1] .. ':tails', level, tail.text .. '-' .. tail.sequence .. ' ' .. tail.id)
  end
  write_index()
  for level in pairs(shrunk_levels) do
    if redis.call('XLEN', line_of(level)) == 0 then
      redis.call('DEL', line_of(level))
      redis.call('HDEL', KEYS[1] .. ':tails', level)
    end
  end
  grown_lines, shrunk_levels, later_additions = {}, {}, {}
end
