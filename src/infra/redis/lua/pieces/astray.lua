-- astray: pending tasks that wait nowhere, because somebody deleted a stream, trimmed one, or took out an entry. How
-- many there are is known from the counters, at the cost of the levels; only if there are some is the index of live
-- tasks walked through, a portion at each call: `search` remembers where to go on.
-- needs: moments, lines
local LOOKED_AT_ONCE = 1000

local function all_levels()
  local levels, known = redis.call('HKEYS', KEYS[1] .. ':tails'), {}
  for _, level in ipairs(levels) do
    known[level] = true
  end
  for _, level in ipairs(redis.call('ZRANGE', KEYS[1] .. ':levels', 0, -1)) do
    if not known[level] then
      levels[#levels + 1] = level
    end
  end
  return levels
end

-- Entries that were added and not delivered. A level with some that no claim looks at is put among the others.
local function waiting_in_line(level)
  local summary = redis.pcall('XPENDING', line_of(level), group)
  local number = redis.call('XLEN', line_of(level)) - pending_in(summary)
  if number > 0 and not redis.call('ZSCORE', KEYS[1] .. ':levels', level) then
    redis.call('ZADD', KEYS[1] .. ':levels', string.match(level, '^[^:]*'), level)
    touched_levels[level] = true
  end
  return number
end

-- Returns { type, … } of pending tasks, how many there are, and how many of them have never been due.
local function pending_types()
  local types, number, planned = {}, 0, 0
  local counts = redis.call('HGETALL', KEYS[1] .. ':counts')
  for at = 1, #counts, 2 do
    local state, type_ = string.match(counts[at], '^(%a):(.*)$')
    if state == 'p' and tonumber(counts[at + 1]) > 0 then
      types[#types + 1] = type_
      number = number + counts[at + 1]
    elseif state == 'l' then
      planned = planned + counts[at + 1]
    end
  end
  table.sort(types)
  return types, number, planned
end

local function is_in_its_place(id, level, entry, due)
  if entry then
    local place = due .. '-' .. entry
    local found = redis.pcall('XRANGE', line_of(level), place, place) -- fails for what somebody else wrote
    return not found.err and #found == 1
  end
  return redis.call('ZSCORE', KEYS[1] .. ':later', id) or redis.call('ZSCORE', early_of(level), id)
end

-- Let the task wait beside its line, or among the later ones.
local function put_back(id, level, due, is_later)
  redis.call('HDEL', KEYS[1] .. ':task:' .. id, 'entry')
  if is_later and moment_of(due) then
    redis.call('ZADD', KEYS[1] .. ':later', due, id)
    has_later_changed = true
  else
    redis.call('ZADD', early_of(level), moment_of(due) or now, id)
    touched_levels[level] = true
  end
end

-- Whether the task, which has no entry, was among the later ones: one that has never run and was made for later, while
-- more of those are counted than wait there.
local function was_later(fence, created, due, planned)
  return not fence and due and due ~= created and planned > redis.call('ZCARD', KEYS[1] .. ':later')
end

local function look_at(id, planned)
  local key = KEYS[1] .. ':task:' .. id
  local state, entry, type_, priority, created, due, fence =
    unpack(redis.call('HMGET', key, 'state', 'entry', 'type', 'priority', 'created', 'due', 'fence'))
  local level, turn = type_ and level_of(priority, type_), due or created
  if not state and level and not is_in_its_place(id, level, entry, turn) then
    put_back(id, level, turn, (moment_of(turn) or 0) > now or (not entry and was_later(fence, created, due, planned)))
  end
end

local function search(types, planned)
  local key, room = KEYS[1] .. ':search', LOOKED_AT_ONCE
  local from_type, from_id = string.match(redis.call('GET', key) or ' ', '^(%S*) (.*)$')
  for _, type_ in ipairs(types) do
    if type_ >= from_type then
      local first = type_ == from_type and '(' .. from_id or '-'
      local ids = redis.call('ZRANGEBYLEX', KEYS[1] .. ':live:' .. type_, first, '+', 'LIMIT', 0, room)
      for _, id in ipairs(ids) do
        look_at(id, planned)
      end
      room = room - #ids
      if room == 0 then
        redis.call('SET', key, type_ .. ' ' .. ids[#ids])
        return
      end
    end
  end
  redis.call('DEL', key)
end

local function find_astray()
  local types, number, planned = pending_types()
  local waiting = redis.call('ZCARD', KEYS[1] .. ':later')
  for _, level in ipairs(all_levels()) do
    waiting = waiting + waiting_in_line(level) + redis.call('ZCARD', early_of(level))
  end
  if waiting < number then
    search(types, planned)
  elseif redis.call('EXISTS', KEYS[1] .. ':search') == 1 then
    redis.call('DEL', KEYS[1] .. ':search')
  end
end
