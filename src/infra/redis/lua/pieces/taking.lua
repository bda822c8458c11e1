-- taking: which due tasks are first, and how they leave their lines for a worker.
-- needs: moments, batches, lines
local PROMOTED_AT_ONCE = 2000

-- Let tasks whose time has come wait in line, the earliest first.
local function promote_due()
  local due = redis.call('ZRANGEBYSCORE', KEYS[1] .. ':later', '-inf', now, 'LIMIT', 0, PROMOTED_AT_ONCE)
  for _, id in ipairs(due) do
    local task_key = KEYS[1] .. ':task:' .. id
    local task = redis.call('HMGET', task_key, 'type', 'priority', 'created', 'due', 'fence', 'workflow')
    if task[1] then
      local sequence = wait_in_line(id, task[4] or task[3], task[2], task[1])
      if sequence then
        redis.call('HSET', task_key, 'entry', sequence)
      end
      if not task[5] then
        count('l', task[1], -1)
      end
      if task[6] then
        redis.call('ZREM', KEYS[1] .. ':awaited:' .. task[1], id)
      end
    end
  end
  if #due > 0 then
    local gone = {}
    gone[KEYS[1] .. ':later'] = due
    send_gathered('ZREM', gone)
    write_lines()
  end
end

-- The levels of the served types, highest priority first: lists of { priority, { level, … } }.
local function served_levels(types)
  local ranks, rank = {}, nil
  local found = redis.call('ZREVRANGE', KEYS[1] .. ':levels', 0, -1, 'WITHSCORES')
  for at = 1, #found, 2 do
    local level, priority = found[at], found[at + 1]
    if types[string.match(level, '^[^:]*:(.*)$')] then
      if not rank or rank.priority ~= priority then
        rank = { priority = priority, levels = {} }
        ranks[#ranks + 1] = rank
      end
      rank.levels[#rank.levels + 1] = level
    end
  end
  return ranks
end

local function set_of(list)
  local set = {}
  for _, each in ipairs(list) do
    set[each] = true
  end
  return set
end

-- The entry up to which the group has read the line.
local function last_read(level)
  local groups = redis.pcall('XINFO', 'GROUPS', line_of(level))
  if groups.err then
    return '0-0' -- there is no line
  end
  for _, each in ipairs(groups) do
    local info = {}
    for at = 1, #each, 2 do
      info[each[at]] = each[at + 1]
    end
    if info.name == group then
      return info['last-delivered-id']
    end
  end
  begin_line(level)
  return '0-0'
end

-- The first tasks that wait in these levels, in the order (due, id), at most `limit`.
local function heads(levels, limit)
  local first = {}
  for _, level in ipairs(levels) do
    for _, entry in ipairs(redis.call('XRANGE', line_of(level), '(' .. last_read(level), '+', 'COUNT', limit)) do
      local due = string.match(entry[1], '^%d+')
      first[#first + 1] = { level = level, entry = entry[1], due = tonumber(due), text = due, id = entry[2][2] }
    end
    local early = redis.call('ZRANGE', early_of(level), 0, limit - 1, 'WITHSCORES')
    for at = 1, #early, 2 do
      local due = tonumber(early[at + 1])
      first[#first + 1] = { level = level, due = due, text = text_of(due), id = early[at] }
    end
  end
  table.sort(first, function(one, other)
    if one.due ~= other.due then
      return one.due < other.due
    end
    return one.id < other.id
  end)
  for at = #first, limit + 1, -1 do
    first[at] = nil
  end
  return first
end
